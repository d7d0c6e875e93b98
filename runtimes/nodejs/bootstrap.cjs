// SPDX-License-Identifier: Apache-2.0
// Entry point of a Node.js execution environment: node bootstrap.cjs
// Loads the handler, then serves invocations of the Lambda Runtime API until the process is ended.
'use strict';

const { RuntimeClient } = require('./client.cjs');
const { loadHandler } = require('./handler.cjs');
const { serve } = require('./invocations.cjs');
const logs = require('./logs.cjs');
const { toFault } = require('./fault.cjs');

async function main() {
  logs.install();
  const client = new RuntimeClient(process.env.AWS_LAMBDA_RUNTIME_API);
  await client.connect();

  const die = async (title, error) => {
    const fault = toFault(error);
    logs.writeError(title, fault);
    const requestId = logs.currentRequestId();
    if (requestId) await client.fail(requestId, fault);
    else await client.failInit(fault);
    process.exit(129);
  };
  process.on('uncaughtException', (error) => die('Uncaught Exception', error));
  process.on('unhandledRejection', (reason, promise) => {
    const error = new Error(String(reason && reason.message !== undefined ? `${reason.name || 'Error'}: ${reason.message}` : reason));
    error.name = 'Runtime.UnhandledPromiseRejection';
    error.reason = reason;
    error.promise = promise;
    die('Unhandled Promise Rejection', error);
  });

  let handler;
  try {
    handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER || '');
  } catch (error) {
    await die('Uncaught Exception', error);
    return;
  }
  await serve(client, handler);
}

main();
