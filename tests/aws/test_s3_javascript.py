# SPDX-License-Identifier: Apache-2.0
"""The JavaScript SDK v3 against S3: objects, streams, lists, uploads in parts, presigned URLs, errors."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE = ROOT / ".cache/node/22/bin/node"
SCRIPT = """
const { S3Client, CreateBucketCommand, PutObjectCommand, GetObjectCommand, HeadObjectCommand, CopyObjectCommand, DeleteObjectsCommand,
  DeleteBucketCommand, PutBucketCorsCommand, GetBucketCorsCommand, PutBucketVersioningCommand, paginateListObjectsV2, ListObjectVersionsCommand,
  NoSuchKey, NotFound, PutObjectTaggingCommand, GetObjectTaggingCommand } = require('@aws-sdk/client-s3')
const { Upload } = require('@aws-sdk/lib-storage')
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner')
const { Readable } = require('node:stream')

// The names that browsers and resolvers lead to this machine.
const dns = require('node:dns')
const resolve = dns.lookup
dns.lookup = (name, options, done) => resolve(name.endsWith('.localhost') ? 'localhost' : name, options, done)

const client = new S3Client({ forcePathStyle: process.argv[2] === 'path' })
const call = (Command, input) => client.send(new Command({ Bucket, ...input }))
const Bucket = 'js-' + process.argv[2]
const text = async object => object.Body.transformToString()

async function failure(promise) {
  try { await promise; return null } catch (error) { return error }
}

async function main() {
  const out = {}
  await call(CreateBucketCommand)
  await call(PutObjectCommand, { Key: 'a b/ü.txt', Body: 'hällo', ContentType: 'text/plain', Metadata: { who: 'ann' }, ChecksumAlgorithm: 'SHA256' })
  const got = await call(GetObjectCommand, { Key: 'a b/ü.txt', ChecksumMode: 'ENABLED' })
  out.got = [await text(got), got.ContentType, got.Metadata.who, got.ChecksumSHA256.length]
  out.range = await text(await call(GetObjectCommand, { Key: 'a b/ü.txt', Range: 'bytes=0-0' }))

  const large = Buffer.alloc(11_000_000, 'x')
  const upload = new Upload({ client, params: { Bucket, Key: 'large', Body: Readable.from([large.subarray(0, 6_000_000), large.subarray(6_000_000)]) } })
  const done = await upload.done()
  out.large = [done.ETag.endsWith('-3"'), (await call(HeadObjectCommand, { Key: 'large' })).ContentLength]
  let bytes = 0
  for await (const chunk of (await call(GetObjectCommand, { Key: 'large' })).Body) bytes += chunk.length
  out.streamed = bytes

  for (let n = 0; n < 25; n++) await call(PutObjectCommand, { Key: `many/${n}`, Body: 'x' })
  out.pages = []
  for await (const page of paginateListObjectsV2({ client, pageSize: 10 }, { Bucket, Prefix: 'many/' })) out.pages.push(page.KeyCount)

  await call(CopyObjectCommand, { Key: 'copy', CopySource: encodeURIComponent(`${Bucket}/a b/ü.txt`) })
  out.copy = await text(await call(GetObjectCommand, { Key: 'copy' }))
  await call(PutObjectTaggingCommand, { Key: 'copy', Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } })
  out.tags = (await call(GetObjectTaggingCommand, { Key: 'copy' })).TagSet

  const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'signed' }), { expiresIn: 60 })
  out.put = (await fetch(url, { method: 'PUT', body: 'from a url' })).status
  const read = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'signed' }), { expiresIn: 60 })
  out.read = await (await fetch(read)).text()

  const CORSRules = [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }]
  await call(PutBucketCorsCommand, { CORSConfiguration: { CORSRules } })
  out.cors = (await call(GetBucketCorsCommand)).CORSRules

  const missing = await failure(call(GetObjectCommand, { Key: 'none' }))
  const head = await failure(call(HeadObjectCommand, { Key: 'none' }))
  const taken = await failure(call(PutObjectCommand, { Key: 'copy', Body: 'x', IfNoneMatch: '*' }))
  const full = await failure(call(DeleteBucketCommand))
  out.errors = [missing instanceof NoSuchKey, head instanceof NotFound, taken.name, full.name]

  await call(PutBucketVersioningCommand, { VersioningConfiguration: { Status: 'Enabled' } })
  await call(PutObjectCommand, { Key: 'copy', Body: 'second' })
  const Objects = []
  for (const { Key, VersionId } of (await call(ListObjectVersionsCommand)).Versions) Objects.push({ Key, VersionId })
  out.deleted = (await call(DeleteObjectsCommand, { Delete: { Objects } })).Deleted.length
  await call(DeleteBucketCommand)
  console.log(JSON.stringify(out))
}
main().catch(error => { console.error(error); process.exit(1) })
"""


def run(server, tmp_path, style, **more):
    more |= {"AWS_REGION": "us-east-1"}
    (tmp_path / "node_modules").symlink_to(ROOT / ".cache/node-sdk/node_modules")
    (tmp_path / "script.js").write_text(SCRIPT)
    done = subprocess.run([str(NODE), "script.js", style], cwd=tmp_path, env=server.environment() | more, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


EXPECTED = {"got": ["hällo", "text/plain", "ann", 44], "range": "h", "large": [True, 11_000_000], "streamed": 11_000_000,
            "pages": [10, 10, 5], "copy": "hällo", "tags": [{"Key": "k", "Value": "v"}], "put": 200, "read": "from a url",
            "cors": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}],
            "errors": [True, True, "PreconditionFailed", "BucketNotEmpty"], "deleted": 30}


def test_with_the_bucket_in_the_path(server, tmp_path):
    assert run(server, tmp_path, "path") == EXPECTED


def test_with_the_bucket_in_the_host(server, tmp_path):
    assert run(server, tmp_path, "host", AWS_ENDPOINT_URL=f"http://s3.localhost:{server.port}") == EXPECTED
