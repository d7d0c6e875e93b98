// SPDX-License-Identifier: Apache-2.0
// Finds the function's handler: CommonJS or ES module, "dir/file.export" or "file.object.export".
// Failures carry AWS's Runtime.* names.
'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { RuntimeError } = require('./fault.cjs');

const HANDLER = /^([^.]*)\.(.*)$/;

function isEsModule(file) {
  if (file.endsWith('.mjs')) return true;
  if (!file.endsWith('.js')) return false;
  // The nearest package.json decides, as in Node.js itself.
  for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
    const manifest = path.join(dir, 'package.json');
    if (fs.existsSync(manifest)) {
      try {
        return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
      } catch {
        return false;
      }
    }
    if (dir === path.dirname(dir)) return false;
  }
}

function findFile(taskRoot, directory, name) {
  const base = path.resolve(taskRoot, directory, name);
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const file = base + extension;
    if (fs.existsSync(file) && fs.statSync(file).isFile()) return file;
  }
  try {
    return require.resolve(name, { paths: [taskRoot, path.join(taskRoot, directory)] });
  } catch {
    const missing = path.join(directory, name);
    throw new RuntimeError('Runtime.ImportModuleError', `Error: Cannot find module '${missing}'\nRequire stack:\n- ${__filename}`);
  }
}

// Node.js looks at NODE_PATH for require() only; AWS finds layers and the SDK from ES modules as well.
function letImportsUseNodePath() {
  if (typeof Module.registerHooks !== 'function') return;
  const fallback = Module.createRequire(__filename);
  const paths = (process.env.NODE_PATH || '').split(':').filter(Boolean);
  Module.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^file:/.test(specifier)) throw error;
        for (const base of paths) {
          try {
            return next(pathToFileURL(fallback.resolve(specifier, { paths: [base] })).href, context);
          } catch { /* the next one */ }
        }
        throw error;
      }
    },
  });
}

async function loadModule(file) {
  try {
    if (isEsModule(file)) {
      letImportsUseNodePath();
      return await import(pathToFileURL(file).href);
    }
    return require(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
    }
    throw error;
  }
}

async function loadHandler(taskRoot, name) {
  if (name.includes('..')) throw new RuntimeError('Runtime.MalformedHandlerName', `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  const directory = path.dirname(name) === '.' ? '' : path.dirname(name);
  const match = HANDLER.exec(path.basename(name));
  if (!match) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  const [, file, exportPath] = match;
  const loaded = await loadModule(findFile(taskRoot, directory, file));
  const pick = (root) => exportPath.split('.').reduce((value, key) => (value === undefined || value === null ? undefined : value[key]), root);
  const handler = pick(loaded) ?? pick(loaded.default);
  if (handler === undefined) throw new RuntimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${name} is not a function`);
  return handler;
}

module.exports = { loadHandler };
