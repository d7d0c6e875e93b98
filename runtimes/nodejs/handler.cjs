// SPDX-License-Identifier: Apache-2.0
// Finds the function's handler: CommonJS or ES module, "dir/file.export" or "file.object.export".
// Failures carry AWS's Runtime.* names.
'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { RuntimeError } = require('./fault.cjs');
const { installGlobals } = require('./streaming.cjs');

const HANDLER = /^([^.]*)\.(.*)$/;
const { register, registerHooks } = Module; // sdk.cjs takes their use for the function's
const LOADS_TYPESCRIPT = Number(process.versions.node.split('.')[0]) >= 24;

// The nearest package.json decides, as in Node.js itself.
function inModulePackage(directory) {
  for (let dir = directory; ; dir = path.dirname(dir)) {
    if (dir.endsWith('/node_modules')) return false;
    const manifest = path.join(dir, 'package.json');
    if (fs.existsSync(manifest)) {
      try {
        return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
      } catch (error) {
        console.warn(`${manifest} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (dir === path.dirname(dir)) return false;
  }
}

// Node.js looks at NODE_PATH for require() only; AWS finds layers and the SDK from ES modules as well.
// A package of NODE_PATH resolves as if it were imported from beside its node_modules folder.
function letImportsUseNodePath() {
  const parents = (process.env.NODE_PATH || '')
    .split(':')
    .filter((entry) => entry.endsWith('/node_modules') && fs.existsSync(entry))
    .map((entry) => pathToFileURL(path.join(path.dirname(entry), 'import.mjs')).href);
  if (parents.length === 0) return;
  if (typeof registerHooks === 'function') {
    registerHooks({
      resolve(specifier, context, next) {
        try {
          return next(specifier, context);
        } catch (error) {
          if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^\w+:/.test(specifier)) throw error;
          for (const parentURL of parents) {
            try {
              return next(specifier, { ...context, parentURL });
            } catch {
              // the next one
            }
          }
          throw error;
        }
      },
    });
  } else if (typeof register === 'function') {
    register(pathToFileURL(path.join(__dirname, 'node_path_hooks.mjs')), { data: parents });
  }
}

function importFile(file) {
  letImportsUseNodePath();
  return import(pathToFileURL(file).href);
}

async function loadModule(taskRoot, directory, name) {
  const base = path.resolve(taskRoot, directory, name);
  const isModule = inModulePackage(path.dirname(base));
  const loadByPackage = isModule ? importFile : require;
  const ways = [
    ['', require],
    ['.js', loadByPackage],
    ['.mjs', importFile],
    ['.cjs', require],
  ];
  if (LOADS_TYPESCRIPT) ways.push(['.ts', loadByPackage], ['.mts', importFile], ['.cts', require]);
  for (const [extension, load] of ways) {
    const file = base + extension;
    if (fs.existsSync(file) && fs.statSync(file).isFile()) return load(file);
  }
  return require(require.resolve(name, { paths: [taskRoot, path.join(taskRoot, directory)] }));
}

function translate(error) {
  if (error instanceof SyntaxError) {
    const syntax = new RuntimeError('Runtime.UserCodeSyntaxError', String(error));
    syntax.stack = `${syntax.name}: ${error.stack}`;
    return syntax;
  }
  if (error && error.code === 'MODULE_NOT_FOUND') {
    return new RuntimeError('Runtime.ImportModuleError', String(error));
  }
  return error;
}

function pick(root, exportPath) {
  return exportPath.split('.').reduce((value, key) => (value === undefined || value === null ? undefined : value[key]), root);
}

async function loadHandler(taskRoot, name) {
  if (name.includes('..')) {
    throw new RuntimeError(
      'Runtime.MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const file = path.basename(name);
  const match = HANDLER.exec(file);
  if (!match) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  installGlobals();
  let loaded;
  try {
    loaded = await loadModule(taskRoot, name.slice(0, name.indexOf(file)), match[1]);
  } catch (error) {
    throw translate(error);
  }
  const handler = pick(loaded, match[2]) || pick(loaded.default, match[2]);
  if (!handler) throw new RuntimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${name} is not a function`);
  return handler;
}

module.exports = { loadHandler };
