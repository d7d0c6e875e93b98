// SPDX-License-Identifier: Apache-2.0
// Function logs: console writes one framed event a call, in AWS's text or JSON format.
//
// A frame on the descriptor in _LAMBDA_TELEMETRY_LOG_FD is: type 0xA55A0003, length, time in
// microseconds (4, 4 and 8 bytes, big endian), then the text. Without the descriptor text goes to
// standard output. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
'use strict';

const fs = require('node:fs');
const util = require('node:util');

const FRAME_TYPE = 0xa55a0003;
const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };

let frames = null;
let requestId;
const json = (process.env.AWS_LAMBDA_LOG_FORMAT || '').toUpperCase() === 'JSON';
const threshold = json ? LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL || '').toUpperCase()] || 0 : 0;

function writeAll(fd, data) {
  let offset = 0;
  while (offset < data.length) {
    try {
      offset += fs.writeSync(fd, data, offset);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function writeEvent(text) {
  if (frames === null) {
    writeAll(1, Buffer.from(text.endsWith('\n') ? text : `${text}\n`));
    return;
  }
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(16 + length);
  frame.writeUInt32BE(FRAME_TYPE, 0);
  frame.writeUInt32BE(length, 4);
  frame.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  frame.write(text, 16);
  writeAll(frames, frame);
}

function errorAsJson(error) {
  return {
    errorType: error.name || 'Error',
    errorMessage: String(error.message),
    stackTrace: String(error.stack || '').split('\n').slice(1).map((line) => line.trim()),
  };
}

function jsonLine(level, parts) {
  const record = { timestamp: new Date().toISOString(), level, requestId };
  if (parts.length === 1 && parts[0] instanceof Error) {
    Object.assign(record, errorAsJson(parts[0]));
  } else if (parts.length === 1 && typeof parts[0] === 'object' && parts[0] !== null) {
    record.message = parts[0];
  } else {
    record.message = util.format(...parts);
    const error = parts.find((part) => part instanceof Error);
    if (error) Object.assign(record, errorAsJson(error));
  }
  try {
    return JSON.stringify(record);
  } catch {
    record.message = util.format(...parts);
    return JSON.stringify(record);
  }
}

function log(level, parts) {
  if (LEVELS[level] < threshold) return;
  writeEvent(
    json ? jsonLine(level, parts) : `${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...parts)}\n`,
  );
}

// The report of a failed initialisation or invocation.
function writeError(title, fault) {
  if (json) {
    writeEvent(JSON.stringify({
      timestamp: new Date().toISOString(), level: 'ERROR', requestId,
      message: { errorType: fault.errorType, errorMessage: fault.errorMessage, stackTrace: fault.trace },
    }));
    return;
  }
  const report = { errorType: fault.errorType, errorMessage: fault.errorMessage, stack: fault.trace };
  writeEvent(`${new Date().toISOString()}\t${requestId}\tERROR\t${title} \t${JSON.stringify(report)}\n`);
}

function install() {
  const descriptor = process.env._LAMBDA_TELEMETRY_LOG_FD;
  if (descriptor !== undefined) {
    frames = Number(descriptor);
    delete process.env._LAMBDA_TELEMETRY_LOG_FD;
  }
  const methods = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
  for (const [method, level] of Object.entries(methods)) {
    console[method] = (...parts) => log(level, parts);
  }
}

module.exports = {
  install,
  writeError,
  currentRequestId: () => requestId,
  setRequestId: (id) => { requestId = id; },
};
