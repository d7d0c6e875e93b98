// SPDX-License-Identifier: Apache-2.0
// awslambda.streamifyResponse: handlers that write to a stream. The stream is sent when it ends.
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
'use strict';

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

class HttpResponseStream {
  static from(stream, prelude) {
    stream.setContentType('application/vnd.awslambda.http-integration-response');
    const head = Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]);
    stream._onBeforeFirstWrite = (write) => write(head);
    return stream;
  }
}

function installGlobals() {
  if (['1', 'true'].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = {
    streamifyResponse(handler, options) {
      handler[STREAMING] = 'response';
      if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = options.highWaterMark;
      return handler;
    },
    HttpResponseStream,
  };
}

function makeStream(handler) {
  const { Writable } = require('node:stream'); // only streaming functions pay for it
  const chunks = [];
  let contentType = 'application/octet-stream';
  const before = (stream) => {
    const first = stream._onBeforeFirstWrite;
    stream._onBeforeFirstWrite = undefined;
    if (first) first((chunk) => chunks.push(Buffer.from(chunk)));
  };
  const stream = new Writable({
    highWaterMark: handler[HIGH_WATER_MARK],
    write(chunk, encoding, done) {
      before(stream);
      chunks.push(chunk);
      done();
    },
    final(done) {
      before(stream);
      done();
    },
  });
  const write = stream.write;
  stream.write = (chunk, ...rest) =>
    write.call(stream, typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk), ...rest);
  stream.setContentType = (type) => {
    contentType = type;
  };
  return { stream, take: () => ({ body: Buffer.concat(chunks), contentType }) };
}

module.exports = { installGlobals, makeStream, isStreaming: (handler) => handler[STREAMING] === 'response' };
