// SPDX-License-Identifier: Apache-2.0
// node make_code_cache.cjs SDK: writes SDK/code-cache, the AWS SDK's modules in V8's compiled form, for the
// build of Node.js that runs this, and what sdk.cjs has to know: where packages begin, which modules of
// Node.js they take functions from, which variables they read when they are loaded. An SDK that does more at
// that time than it can hide is refused.
'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const { indexFile, withoutStandardError } = require('./sdk.cjs');

const KNOWN_GLOBALS = ['awslambda'];
const INSIDE = '/var/sdk'; // where functions see it: stack traces of compiled code name the place where it was made

const root = fs.realpathSync(process.argv[2]);
const requireOf = Module.createRequire(path.join(root, 'x.js'));
const packages = Object.keys(JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).dependencies).sort();

const scripts = new Map();
const builtins = new Set();
const variables = new Set();
const plain = Module._extensions['.js'];
const plainRequire = Module.prototype.require;

// Without a way to load modules from compiled code, Node.js 18 has to compile these itself.
const compiles = (source) => vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER !== undefined || !/\bimport\s*\(/.test(source);

Module.prototype.require = function (id) {
  if (Module.builtinModules.includes(id.replace(/^node:/, ''))) builtins.add(id.replace(/^node:/, ''));
  return plainRequire.call(this, id);
};
Module._extensions['.js'] = (module, filename) => {
  const source = fs.readFileSync(filename, 'utf8');
  if (!filename.startsWith(root + '/') || !compiles(source)) return plain(module, filename);
  const script = new vm.Script(Module.wrap(source), {
    filename: path.join(INSIDE, path.relative(root, filename)),
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  scripts.set(filename, script);
  const require = Object.assign((id) => module.require(id), Module.createRequire(filename));
  script.runInThisContext().call(module.exports, module.exports, require, module, filename, path.dirname(filename));
};

// What loading does beside.
function surroundings() {
  const names = Object.getOwnPropertyNames(globalThis).filter((name) => !KNOWN_GLOBALS.includes(name));
  return {
    globals: names.sort().join(),
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`).join(),
    work: process.getActiveResourcesInfo().sort().join(),
    variables: Object.keys(process.env).sort().join(),
  };
}

function loadAll() {
  const env = process.env;
  process.env = new Proxy(env, {
    get: (target, name) => { if (typeof name === 'string') variables.add(name); return target[name]; },
    has: (target, name) => { variables.add(name); return name in target; },
  });
  const before = surroundings();
  withoutStandardError(() => packages.forEach((name) => requireOf(name)));
  const after = surroundings();
  process.env = env;
  for (const what of Object.keys(before)) {
    if (before[what] !== after[what]) throw new Error(`loading the SDK changes ${what}: ${before[what]} became ${after[what]}`);
  }
}

// Functions that run in each client's life are compiled with the rest.
async function useClients() {
  const settings = { region: 'us-east-1', endpoint: 'http://127.0.0.1:9', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const { S3Client, ListBucketsCommand } = requireOf('@aws-sdk/client-s3');
  const { DynamoDBClient, ListTablesCommand } = requireOf('@aws-sdk/client-dynamodb');
  const { SQSClient, ListQueuesCommand } = requireOf('@aws-sdk/client-sqs');
  const calls = [
    [S3Client, ListBucketsCommand],
    [DynamoDBClient, ListTablesCommand],
    [SQSClient, ListQueuesCommand],
  ];
  for (const [Client, Command] of calls) await new Client(settings).send(new Command({})).catch(() => {});
}

async function main() {
  loadAll();
  await useClients();
  const files = {};
  const pieces = [];
  let offset = 0;
  for (const [filename, script] of scripts) {
    const data = script.createCachedData();
    files[path.relative(root, filename)] = { offset, bytes: data.length };
    pieces.push(data);
    offset += data.length;
  }
  const file = indexFile(root);
  const data = path.basename(file, '.json') + '.bin';
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(path.join(path.dirname(file), data), Buffer.concat(pieces));
  const mains = Object.fromEntries(packages.map((name) => [name, path.relative(root, requireOf.resolve(name))]));
  const index = { root: INSIDE, data, packages: mains, builtins: [...builtins].sort(), variables: [...variables].sort(), files };
  fs.writeFileSync(`${file}.new`, JSON.stringify(index));
  fs.renameSync(`${file}.new`, file);
}

main();
