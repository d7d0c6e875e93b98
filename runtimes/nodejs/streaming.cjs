// SPDX-License-Identifier: Apache-2.0
// awslambda.streamifyResponse: handlers that write to a stream. What they write leaves at once.
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

// out.begin(contentType) comes once, before the first out.write(buffer). A write returns when the
// socket has taken the bytes, so a client that does not read stops the function.
function makeStream(handler, out) {
  const { Writable } = require('node:stream'); // only streaming functions pay for it
  let contentType = 'application/octet-stream';
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    out.begin(contentType);
    const first = stream._onBeforeFirstWrite;
    stream._onBeforeFirstWrite = undefined;
    if (first) first((chunk) => out.write(Buffer.from(chunk)));
  };
  const stream = new Writable({
    highWaterMark: handler[HIGH_WATER_MARK],
    write(chunk, encoding, done) {
      begin();
      out.write(chunk);
      done();
    },
    final(done) {
      begin();
      done();
    },
  });
  const write = stream.write;
  stream.write = (chunk, ...rest) =>
    write.call(stream, typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk), ...rest);
  stream.setContentType = (type) => {
    contentType = type;
  };
  return stream;
}

module.exports = { installGlobals, makeStream, isStreaming: (handler) => handler[STREAMING] === 'response' };
