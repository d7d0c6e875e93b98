// SPDX-License-Identifier: Apache-2.0
// Serves invocations one after another: async handlers, promises, and callbacks, with the context
// object of https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
'use strict';

const { toFault } = require('./fault.cjs');
const logs = require('./logs.cjs');

const MAJOR = Number(process.versions.node.split('.')[0]);

function parseOptional(text) {
  return text ? JSON.parse(text) : undefined;
}

function makeContext(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseOptional(headers['lambda-runtime-client-context']),
    identity: parseOptional(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

// Runs the handler once. Resolves with its result, rejects with its error.
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    let settled = false;
    const onEmptyLoop = () => {
      // The event loop ran dry with no answer given.
      if (promised && MAJOR >= 24) {
        const error = new Error('The asynchronous function handler was exited before completion. This may be caused by an unresolved Promise or by not awaiting async operations in the function handler.');
        error.name = 'Runtime.NodeJsExit';
        settle(reject, error);
      } else {
        settle(resolve, null);
      }
    };
    const settle = (how, value) => {
      if (settled) return;
      settled = true;
      process.removeListener('beforeExit', onEmptyLoop);
      how(value);
    };
    process.once('beforeExit', onEmptyLoop);

    const callback = (error, result) => {
      if (settled) return;
      if (error !== undefined && error !== null) {
        settle(reject, error);
      } else if (context.callbackWaitsForEmptyEventLoop) {
        process.removeListener('beforeExit', onEmptyLoop);
        process.once('beforeExit', () => settle(resolve, result));
      } else {
        settle(resolve, result);
      }
    };
    context.done = callback;
    context.succeed = (result) => { context.callbackWaitsForEmptyEventLoop = false; callback(null, result); };
    context.fail = (error) => callback(error === undefined || error === null ? 'handled' : error);

    let promised = false;
    try {
      const returned = handler(event, context, callback);
      if (returned && typeof returned.then === 'function') {
        promised = true;
        returned.then((value) => settle(resolve, value), (error) => settle(reject, error));
      }
    } catch (error) {
      settle(reject, error);
    }
  });
}

function stringify(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? 'null';
  } catch (error) {
    throw new Error(`Unable to stringify response body as json: ${error.message}`);
  }
}

async function serve(client, handler) {
  if (MAJOR >= 24 && handler.length >= 3) {
    const error = new Error('ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later.');
    error.name = 'Runtime.CallbackHandlerDeprecated';
    throw error;
  }
  for (;;) {
    const { headers, body } = await client.next();
    const requestId = headers['lambda-runtime-aws-request-id'];
    logs.setRequestId(requestId);
    const trace = headers['lambda-runtime-trace-id'];
    if (trace) process.env._X_AMZN_TRACE_ID = trace;
    else delete process.env._X_AMZN_TRACE_ID;
    try {
      const event = JSON.parse(body.utf8Slice());
      const result = stringify(await call(handler, event, makeContext(headers)));
      await client.respond(requestId, result);
    } catch (error) {
      const fault = toFault(error);
      logs.writeError('Invoke Error', fault);
      await client.fail(requestId, fault);
    }
  }
}

module.exports = { serve };
