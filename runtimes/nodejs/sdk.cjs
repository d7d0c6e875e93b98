// SPDX-License-Identifier: Apache-2.0
// The bundled AWS SDK, loaded sooner: from V8's compiled form, and before the function is known.
//
// What is ready lies behind the prototype of require.cache, one accessor for each file, where require()
// looks after it has resolved a name as always: what the function or a layer brings wins. Who gets there
// finds the modules as if they had been loaded just now; nothing shows before. Only while a plain load
// would do the same: nobody has replaced a function of Node.js that the SDK takes over, has put hooks
// into the loader, or has set a variable that the SDK reads when it is loaded.
// The compiled form is made by make_code_cache.cjs when the SDK is installed, and read-only to functions.
'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const LOADER_HOOKS = ['register', 'registerHooks'];
const GLOBALS = ['fetch', 'Promise', 'Buffer', 'URL', 'setTimeout', 'clearTimeout', 'queueMicrotask'];

function indexFile(root) {
  return path.join(root, 'code-cache', `${process.version}-${process.arch}.json`);
}

// [owner, name, value] of each.
function functionsOf(owner, names = Object.keys(owner)) {
  return names
    .map((name) => [owner, name, Object.getOwnPropertyDescriptor(owner, name)?.value])
    .filter(([, name, value]) => typeof value === 'function');
}

// node:assert looks whether it may use colours, and opens standard error for that. Answers whether it did.
function withoutStandardError(load) {
  const own = Object.getOwnPropertyDescriptor(process, 'stderr');
  let looked = false;
  const get = () => {
    looked = true;
    return {};
  };
  Object.defineProperty(process, 'stderr', { configurable: true, enumerable: true, get });
  try {
    load();
  } finally {
    Object.defineProperty(process, 'stderr', own);
  }
  return looked;
}

class Sdk {
  // index: what make_code_cache.cjs wrote.
  constructor(root, index) {
    this.root = root;
    this.index = index;
    this.ahead = new Map(); // modules that nobody has asked for, by file
    this.depth = 0; // of loads
    this.loadsAhead = false;
    this.opensStandardError = false; // when what is ahead is shown
    this.hooks = []; // [name, plain, own]
    this.accessors = Object.create(null);
    for (const name of Object.keys(index.files)) this.offer(path.join(root, name));
    this.variables = index.variables.map((name) => [name, process.env[name]]);
    Object.setPrototypeOf(Module._cache, this.accessors);
    for (const name of LOADER_HOOKS) this.withdrawAtUse(name);
    this.originals = [Module, Module.prototype, Module._extensions].flatMap((owner) => functionsOf(owner));
  }

  offer(file) {
    Object.defineProperty(this.accessors, file, {
      configurable: true,
      get: () => this.find(file),
      set: (value) => Object.defineProperty(Module._cache, file, { value, writable: true, enumerable: true, configurable: true }),
    });
  }

  withdraw() {
    Object.setPrototypeOf(Module._cache, null);
    this.ahead.clear();
    for (const [name, plain, own] of this.hooks) if (Module[name] === own) Module[name] = plain;
  }

  // Who calls it is about to change how modules are loaded.
  withdrawAtUse(name) {
    const plain = Module[name];
    if (typeof plain !== 'function') return;
    const own = (...all) => {
      this.withdraw();
      return Reflect.apply(plain, Module, all);
    };
    for (const property of ['name', 'length']) Object.defineProperty(own, property, { value: plain[property], configurable: true });
    this.hooks.push([name, plain, own]);
    Module[name] = own;
  }

  usable() {
    return (
      this.variables.every(([name, value]) => process.env[name] === value) &&
      this.originals.every(([owner, name, value]) => owner[name] === value)
    );
  }

  // What require.cache holds for `file`: undefined lets Node.js load it.
  find(file) {
    if (this.loadsAhead) return this.ahead.get(file) ?? this.load(file);
    if (this.depth === 0 && !this.usable()) {
      this.withdraw();
      return undefined;
    }
    const module = this.ahead.get(file);
    if (module && this.opensStandardError) this.opensStandardError = process.stderr === undefined;
    return module ? this.show(module) : this.load(file);
  }

  show(module) {
    if (!this.ahead.delete(module.filename)) return module;
    delete this.accessors[module.filename];
    Module._cache[module.filename] = module;
    module.children.forEach((child) => this.show(child));
    return module;
  }

  load(file) {
    const module = new Module(file);
    if (this.loadsAhead) this.ahead.set(file, module);
    else {
      delete this.accessors[file];
      Module._cache[file] = module;
    }
    const plain = Module._extensions['.js'];
    Module._extensions['.js'] = (each, filename) => this.run(each, filename, plain);
    this.depth++;
    try {
      module.load(file);
    } catch (error) {
      this.ahead.delete(file);
      if (!this.loadsAhead) delete Module._cache[file];
      throw error;
    } finally {
      if (--this.depth === 0 && this.data !== undefined) {
        fs.closeSync(this.data);
        this.data = undefined;
      }
      Module._extensions['.js'] = plain;
    }
    return module;
  }

  run(module, filename, plain) {
    const place = this.index.files[path.relative(this.root, filename)];
    if (!place || this.root !== this.index.root) return plain(module, filename); // its stack traces would name that place
    const cachedData = Buffer.allocUnsafeSlow(place.bytes);
    this.data ??= fs.openSync(path.join(this.root, 'code-cache', this.index.data));
    fs.readSync(this.data, cachedData, 0, place.bytes, place.offset);
    const script = new vm.Script(Module.wrap(fs.readFileSync(filename, 'utf8')), {
      filename,
      cachedData,
      importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const own = Module.createRequire(filename);
    const require = Object.assign((id) => module.require(id), own);
    script.runInThisContext().call(module.exports, module.exports, require, module, filename, path.dirname(filename));
  }

  // Packages of the SDK that the function has loaded.
  loaded() {
    if (Object.getPrototypeOf(Module._cache) === null) return [];
    return Object.keys(this.index.packages).filter((name) => Object.hasOwn(Module._cache, this.fileOf(name)));
  }

  fileOf(name) {
    return path.join(this.root, this.index.packages[name]);
  }

  // Loads packages before anybody asks for them.
  loadAhead(names) {
    const hadGlobal = 'awslambda' in globalThis;
    this.loadsAhead = true;
    try {
      this.opensStandardError = withoutStandardError(() => {
        for (const name of this.index.builtins) require(name);
        for (const name of names) if (name in this.index.packages) this.find(this.fileOf(name));
      });
      this.originals.push(...functionsOf(globalThis, GLOBALS), ...this.index.builtins.flatMap((name) => functionsOf(require(name))));
    } finally {
      this.loadsAhead = false;
    }
    for (const file of Object.keys(Module._cache)) {
      if (!file.startsWith(this.root + '/')) continue;
      this.ahead.set(file, Module._cache[file]);
      delete Module._cache[file];
      if (!(file in this.accessors)) this.offer(file);
    }
    if (!hadGlobal) delete globalThis.awslambda; // each function has it before its code is loaded
  }
}

// null when nothing was made for this build of Node.js, or somebody steers the loader from outside.
function offerSdk(root) {
  if (!root || process.env.NODE_OPTIONS || process.execArgv.length > 0) return null;
  try {
    const real = fs.realpathSync(root); // as resolved names are
    return new Sdk(real, JSON.parse(fs.readFileSync(indexFile(real), 'utf8')));
  } catch {
    return null;
  }
}

module.exports = { indexFile, offerSdk, withoutStandardError };
