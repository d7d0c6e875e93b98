// SPDX-License-Identifier: Apache-2.0
// Entry point of a Node.js execution environment: node bootstrap.cjs
// Loads the handler, then serves invocations of the Lambda Runtime API until the process is ended.
'use strict';

const { RuntimeClient } = require('./client.cjs');
const { loadHandler } = require('./handler.cjs');
const { Server } = require('./invocations.cjs');
const { RuntimeError, toFault } = require('./fault.cjs');
const logs = require('./logs.cjs');

function main() {
  logs.install();
  const client = new RuntimeClient();

  const die = (title, error, code) => {
    logs.writeError(title, error);
    if (logs.currentRequestId() === undefined) client.failInit(toFault(error));
    else client.fail(logs.currentRequestId(), toFault(error), true);
    process.exit(code);
  };
  process.on('uncaughtException', (error) => die('Uncaught Exception', error, 129));
  process.on('unhandledRejection', (reason, promise) => {
    const error = new RuntimeError('Runtime.UnhandledPromiseRejection', String(reason));
    die('Unhandled Promise Rejection', Object.assign(error, { reason, promise }), 128);
  });

  loadHandler(process.env.LAMBDA_TASK_ROOT || process.cwd(), process.env._HANDLER || '')
    .then((handler) => new Server(client, handler))
    .then(
      (server) => server.start(),
      (error) => die('Uncaught Exception', error, 129),
    );
}

main();
