// SPDX-License-Identifier: Apache-2.0
// Errors as the platform reports them: { errorType, errorMessage, trace: string[] }.
'use strict';

const { isNativeError } = require('node:util').types;

// An error of the platform's own, with AWS's name for it.
class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true });
    Error.captureStackTrace(this, RuntimeError);
  }
}

function looksLikeError(value) {
  return value && [value.name, value.message, value.stack].every((part) => part && typeof part === 'string');
}

function toFault(error) {
  try {
    if (isNativeError(error) || error instanceof Error || looksLikeError(error)) {
      return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
}

module.exports = { RuntimeError, toFault };
