// SPDX-License-Identifier: Apache-2.0
// Function logs: console writes one framed event a call, in AWS's text or JSON format.
//
// A frame on the descriptor in _LAMBDA_TELEMETRY_LOG_FD is: type (0xa55a0003 text, 0xa55a0002 JSON,
// with the level's bits), length, time in microseconds (4, 4 and 8 bytes, big endian), the text.
// Without the descriptor text goes to standard output.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
'use strict';

const fs = require('node:fs');
const util = require('node:util');

const TEXT = 0xa55a0003;
const JSON_TYPE = 0xa55a0002;
const LEVELS = {
  TRACE: { priority: 1, bits: 0x04 },
  DEBUG: { priority: 2, bits: 0x08 },
  INFO: { priority: 3, bits: 0x0c },
  WARN: { priority: 4, bits: 0x10 },
  ERROR: { priority: 5, bits: 0x14 },
  FATAL: { priority: 6, bits: 0x18 },
};

let asJson = false;
let threshold = LEVELS.TRACE.priority;

let frames = null;
let requestId;
let tenantId;

function writeAll(fd, data) {
  for (let written = 0; written < data.length; ) {
    try {
      written += fs.writeSync(fd, data, written);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function writeEvent(level, date, text) {
  if (frames === null) {
    writeAll(1, Buffer.from(`${text.replace(/\n$/, '').replace(/\n/g, '\r')}\n`));
    return;
  }
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(16 + length);
  frame.writeUInt32BE(((asJson ? JSON_TYPE : TEXT) | LEVELS[level].bits) >>> 0, 0);
  frame.writeUInt32BE(length, 4);
  frame.writeBigUInt64BE(BigInt(date.valueOf()) * 1000n, 8);
  frame.write(text, 16);
  writeAll(frames, frame);
}

function describe(error) {
  return {
    errorType: error?.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}

function jsonText(level, date, parts) {
  const record = { timestamp: date.toISOString(), level, requestId };
  if (tenantId) record.tenantId = tenantId;
  if (parts.length === 1) {
    [record.message] = parts;
    try {
      return JSON.stringify(record, (_, value) => (value instanceof Error ? { ...describe(value), ...value } : value));
    } catch {
      record.message = util.format(record.message);
      return JSON.stringify(record);
    }
  }
  record.message = util.format(...parts);
  const error = parts.find((part) => part instanceof Error);
  if (error) Object.assign(record, describe(error));
  return JSON.stringify(record);
}

function log(level, parts) {
  const date = new Date();
  const text = asJson
    ? jsonText(level, date, parts)
    : `${date.toISOString()}\t${requestId}\t${level}\t${util.format(...parts)}\n`;
  writeEvent(level, date, text);
}

function withOwnProperties(value) {
  if (!(value instanceof Error)) return value;
  const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === 'string') shown.stack = value.stack.split('\n');
  return shown;
}

// The report of a failed initialisation or invocation.
function writeError(title, thrown) {
  if (LEVELS.ERROR.priority < threshold) return;
  const error = thrown instanceof Error ? thrown : new Error(thrown);
  if (asJson) return log('ERROR', [error]);
  let text;
  try {
    text = JSON.stringify(error, (_, value) => withOwnProperties(value));
  } catch {
    text = JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') });
  }
  return log('ERROR', [title, `\t${text}`]);
}

function install() {
  // Not when this file is loaded: a process that boots ahead has no variables of a function yet.
  asJson = (process.env.AWS_LAMBDA_LOG_FORMAT || '').toUpperCase() === 'JSON';
  threshold = (LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL || '').toUpperCase()] || LEVELS.TRACE).priority;
  const descriptor = process.env._LAMBDA_TELEMETRY_LOG_FD;
  if (descriptor !== undefined) {
    frames = Number(descriptor);
    delete process.env._LAMBDA_TELEMETRY_LOG_FD;
  }
  const methods = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
  for (const [method, level] of Object.entries(methods)) {
    console[method] = LEVELS[level].priority < threshold ? () => {} : (...parts) => log(level, parts);
  }
}

module.exports = {
  install,
  writeError,
  currentRequestId: () => requestId,
  setInvocation(id, tenant) {
    requestId = id;
    tenantId = tenant;
  },
};
