// SPDX-License-Identifier: Apache-2.0
// Serves invocations one after another: async handlers, promises, callbacks, streams, with the
// context object of https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
'use strict';

const { RuntimeError, toFault } = require('./fault.cjs');
const { isStreaming, makeStream } = require('./streaming.cjs');
const logs = require('./logs.cjs');

const NO_CALLBACKS =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';
const EXITED_EARLY =
  'The asynchronous function handler was exited before completion. This may be caused by an unresolved Promise. For more information, see the AWS Lambda documentation: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html';

// The function's runtime, not the build that runs it: a newer one may stand in.
function wantedMajor() {
  const match = /^AWS_Lambda_nodejs(\d+)\.x$/.exec(process.env.AWS_EXECUTION_ENV || '');
  return Number(match ? match[1] : process.versions.node.split('.')[0]);
}

function parseField(text, name) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'latin1').toString());
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

function addInvocation(context, headers) {
  const { env } = process;
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return Object.assign(context, {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseField(headers['lambda-runtime-client-context'], 'ClientContext'),
    identity: parseField(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  });
}

function isPromise(value) {
  return Boolean(value) && typeof value.then === 'function';
}

class Server {
  constructor(client, handler) {
    this.client = client;
    this.handler = handler;
    this.callbacks = wantedMajor() < 24;
    this.streaming = isStreaming(handler);
    this.isAsync = handler.constructor.name === 'AsyncFunction';
    this.onEmptyLoop = () => {}; // what to do when the function has no work left
    if (!this.callbacks && handler.length >= 3 && !this.streaming) {
      throw new RuntimeError('Runtime.CallbackHandlerDeprecated', NO_CALLBACKS);
    }
    process.on('beforeExit', () => this.onEmptyLoop());
  }

  start() {
    setImmediate(() => this.serveOne());
  }

  serveOne() {
    const { headers, body } = this.client.next();
    this.requestId = headers['lambda-runtime-aws-request-id'];
    this.open = true; // no answer was given yet
    logs.setInvocation(this.requestId, headers['lambda-runtime-aws-tenant-id']);
    const trace = headers['lambda-runtime-trace-id'];
    if (trace) process.env._X_AMZN_TRACE_ID = trace;
    else delete process.env._X_AMZN_TRACE_ID;
    this.onEmptyLoop = () => {
      // A handler that forgot its callback answers null; an async one was cut off in its middle.
      if (this.isAsync || !this.callbacks || this.streaming) this.fail(new RuntimeError('Runtime.NodeJsExit', EXITED_EARLY));
      else this.succeed(null);
    };
    try {
      const event = JSON.parse(body.utf8Slice());
      if (this.streaming) this.runStreaming(event, headers);
      else if (this.callbacks) this.runWithCallback(event, headers);
      else this.runAwaited(event, headers);
    } catch (error) {
      this.fail(error);
    }
  }

  runAwaited(event, headers) {
    const returned = this.handler(event, addInvocation({}, headers));
    if (isPromise(returned)) returned.then(this.succeeder(), this.failer());
    else this.succeed(returned);
  }

  runWithCallback(event, headers) {
    const succeed = this.succeeder();
    const fail = this.failer();
    let waits = true;
    let called = false;
    const callback = (error, result) => {
      if (called) return;
      called = true;
      if (error !== undefined && error !== null) fail(error);
      else if (!waits) succeed(result);
      else this.onEmptyLoop = () => succeed(result);
    };
    const context = addInvocation(
      {
        get callbackWaitsForEmptyEventLoop() {
          return waits;
        },
        set callbackWaitsForEmptyEventLoop(value) {
          waits = value;
        },
        succeed: (result) => succeed(result),
        fail: (error) => fail(error === undefined || error === null ? 'handled' : error),
        done: (error, result) => (error === undefined || error === null ? succeed(result) : fail(error)),
      },
      headers,
    );
    const returned = this.handler(event, context, callback);
    if (isPromise(returned)) returned.then(succeed, fail);
  }

  runStreaming(event, headers) {
    const requestId = this.requestId;
    // What comes after the invocation's end goes nowhere.
    const ifOpen = (send) => (data) => {
      if (this.open && requestId === this.requestId) send(data);
    };
    const stream = makeStream(this.handler, {
      begin: ifOpen((contentType) => this.client.beginStream(requestId, contentType)),
      write: ifOpen((chunk) => this.client.writeStream(chunk)),
    });
    const fail = this.failer();
    const returned = this.handler(event, stream, addInvocation({}, headers));
    if (!isPromise(returned)) throw 'Streaming does not support non-async handlers.';
    const finish = () => {
      if (!stream.writableFinished) return fail('Response stream is not finished.');
      this.answer(requestId, () => this.client.endStream());
    };
    returned.then(() => (stream.writableEnded && !stream.writableFinished ? stream.once('finish', finish) : finish()), fail);
  }

  // Answers of an invocation that is over already do nothing.
  succeeder() {
    const id = this.requestId;
    return (result) => this.succeed(result, id);
  }

  failer() {
    const id = this.requestId;
    return (error) => this.fail(error, id);
  }

  succeed(result, requestId = this.requestId) {
    let text;
    try {
      text = JSON.stringify(result === undefined ? null : result) ?? 'null';
    } catch {
      const message = 'Unable to stringify response body';
      this.fail(this.callbacks ? new Error(message) : new RuntimeError('Runtime.JSONStringifyError', message), requestId);
      return;
    }
    this.answer(requestId, () => this.client.respond(requestId, text));
  }

  fail(error, requestId = this.requestId) {
    this.answer(requestId, () => {
      logs.writeError('Invoke Error', error);
      this.client.fail(requestId, toFault(error));
    });
  }

  answer(requestId, send) {
    if (!this.open || requestId !== this.requestId) return;
    this.open = false;
    this.onEmptyLoop = () => {};
    send();
    // Immediates and rejections of this invocation run before everything stops in next().
    setImmediate(() => this.serveOne());
  }
}

module.exports = { Server };
