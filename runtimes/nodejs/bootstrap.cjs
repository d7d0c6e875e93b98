// SPDX-License-Identifier: Apache-2.0
// Entry point of a Node.js execution environment: node bootstrap.cjs
// Loads the handler, then serves invocations of the Lambda Runtime API until the process is ended.
// With _KILN_STANDBY_FD it waits before that until Kiln says for which function it is.
'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const { RuntimeClient } = require('./client.cjs');
const { loadHandler } = require('./handler.cjs');
const { Server } = require('./invocations.cjs');
const { RuntimeError, toFault } = require('./fault.cjs');
const { offerSdk } = require('./sdk.cjs');
const logs = require('./logs.cjs');

// Blocks: nothing runs here while no function is known. What comes is u32 size (little-endian) and
// NAME=value texts with a NUL behind each: all variables of the process.
function waitForFunction(fd) {
  const read = (size) => {
    const bytes = Buffer.alloc(size);
    for (let got = 0; got < size; ) {
      const count = fs.readSync(fd, bytes, got, size - got, null);
      if (count === 0) process.exit(0); // the server is gone
      got += count;
    }
    return bytes;
  };
  const texts = read(read(4).readUInt32LE()).toString().split('\0').slice(0, -1);
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const text of texts) {
    const end = text.indexOf('=');
    process.env[text.slice(0, end)] = text.slice(end + 1);
  }
  process.chdir('/var/task');
  Module._initPaths(); // NODE_PATH
}

function main() {
  const sdk = offerSdk(process.env.KILN_SDK_DIR);
  if (process.env._KILN_PRELOADS) sdk?.loadAhead(process.env._KILN_PRELOADS.split(','));
  if (process.env._KILN_STANDBY_FD) waitForFunction(Number(process.env._KILN_STANDBY_FD));
  delete process.env.KILN_SDK_DIR;
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
    .then((handler) => {
      client.loaded = sdk?.loaded().join() ?? '';
      return new Server(client, handler);
    })
    .then(
      (server) => server.start(),
      (error) => die('Uncaught Exception', error, 129),
    );
}

main();
