// SPDX-License-Identifier: Apache-2.0
// Errors as the platform reports them: { errorType, errorMessage, trace: string[] }.
'use strict';

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function toFault(error) {
  if (error instanceof Error || (error && typeof error === 'object' && 'message' in error && 'stack' in error)) {
    const name = error.name || 'Error';
    const lines = String(error.stack || '').split('\n');
    // The head line carries the constructor's name; AWS shows the error's own.
    if (lines.length > 0) lines[0] = `${name}: ${error.message}`;
    return { errorType: name, errorMessage: String(error.message), trace: lines };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

module.exports = { RuntimeError, toFault };
