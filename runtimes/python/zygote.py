# SPDX-License-Identifier: Apache-2.0
"""A process that forks Python functions: zygote.py LIBRARY, run with -s -S -u as they are.

It has imported the runtime client and the AWS SDK. Its child joins an environment that was made for
it (LIBRARY, launcher/zygote/zygote.h), becomes what `python bootstrap.py` would be there, and runs
it. What a plain start would not have imported is out of sight (_Preloaded) until the function
imports it. No secret, no code of a function and no request ever reaches the zygote itself.
"""
import os
import sys

_RUNTIME = sys.path[0]
_BOOTSTRAP = _RUNTIME + "/bootstrap.py"
_USER = 993  # whom functions run as
# Services whose descriptions are parsed ahead.
_SERVICES = ("s3", "dynamodb", "sqs", "sns", "lambda", "logs", "sts", "secretsmanager", "ssm", "events")
# Read when the SDK is imported: what is preloaded did not see the function's.
_READ_AT_IMPORT = ("HOME", "BOTO_DISABLE_CRT")
# What replaces blocking calls or trust (gevent, eventlet, truststore) changes some of these; the SDK has
# taken them over when it was imported.
_CHANGED_BY_OTHERS = (("socket", "socket"), ("socket", "create_connection"), ("ssl", "SSLContext"), ("threading", "Lock"),
                      ("threading", "local"), ("time", "sleep"), ("select", "select"))


def _import_plain():
    """What a plain start imports. Answers the modules that there are then."""
    import _sitebuiltins  # noqa: F401 (the bootstrap needs it)
    from kiln_runtime import loop  # noqa: F401

    sys.path_importer_cache.clear()
    return dict(sys.modules)


def _import_sdk(directory):
    """boto3 with the descriptions of common services, and what first clients are made of. Answers the names of
    services whose clients were made; in a child it grows."""
    import pwd

    sys.path.append(directory)
    try:
        os.environ["HOME"] = pwd.getpwuid(_USER).pw_dir
        import boto3
        import botocore.session

        session = botocore.session.Session()
        loader = session.get_component("data_loader")
        paths = list(loader.search_paths)
        sdk = boto3.Session("none", "none", region_name="us-east-1", botocore_session=session)
        for service in _SERVICES:
            sdk.client(service)
        sdk.resource("dynamodb")
        loader.search_paths[:] = paths  # boto3 adds its own to each session's
        return _offer(loader)
    except ImportError:
        return []
    finally:
        del os.environ["HOME"]
        sys.path.remove(directory)


def _offer(loader):
    """The first botocore session of a child gets `loader`; the others make their own, as always."""
    from botocore import session
    from botocore.loaders import Loader

    plain = session.create_loader

    def create_loader(search_path_string=None):
        session.create_loader = plain
        if search_path_string is None and not os.path.isdir(Loader.CUSTOMER_DATA_PATH):
            return loader
        return plain(search_path_string)

    session.create_loader = create_loader
    try:
        return _import_own("sdk_parts").offer(loader, _SERVICES)
    except Exception as error:  # another botocore: clients make their parts themselves
        print("the SDK's clients start without prepared parts: %r" % error)
        return []


def _import_own(name):
    """A module beside this file, out of everybody's sight."""
    __import__(name)
    module = sys.modules.pop(name)
    package, _, attribute = name.rpartition(".")
    if package:
        delattr(sys.modules[package], attribute)
    return module


class _Group:
    """Modules and the loggers that they made."""

    def __init__(self, modules, logger_names):
        import logging

        # Names of its own, side by side in memory: showing them writes to each, in a copied page.
        self.modules = {bytes(name, "utf-8").decode(): module for name, module in modules.items()}
        self._logging = logging
        loggers = logging.root.manager.loggerDict
        self._loggers = {name: loggers.pop(name) for name in logger_names}
        for logger in self._loggers.values():
            if isinstance(logger, logging.Logger):
                logger._cache.clear()

    def show(self):
        for name, module in self.modules.items():
            sys.modules.setdefault(name, module)
        manager = self._logging.root.manager
        if manager.loggerDict.keys().isdisjoint(self._loggers):
            manager.loggerDict.update(self._loggers)
            return
        for name, logger in self._loggers.items():
            if not isinstance(logger, self._logging.Logger):
                continue
            own = manager.loggerDict.get(name)
            if isinstance(own, self._logging.Logger):
                # The function has configured it already: one logger, in two objects.
                own.handlers.extend(logger.handlers)
                logger.__dict__ = own.__dict__
                continue
            manager.loggerDict[name] = logger
            if own is not None:
                manager._fixupChildren(own, logger)
            manager._fixupParents(logger)


class _Preloaded:
    """A finder that gives modules that are imported already: all of the standard library to the
    first who asks for one of them, the SDK's as well to the first who asks for one of those. Only
    when a plain import would load the same files: nobody changed how modules are found, and no
    folder that is searched before the zygote's own has one of the names."""

    def __init__(self, modules, path, finders):
        import logging

        self.modules = modules
        self.sdk_is_shown = False
        self._logging = logging
        self._path = path
        self._names = frozenset(name.partition(".")[0] for name in modules)
        self._plain_finders = finders
        self._sdk_finders = [each for each in sys.meta_path if each not in finders]
        sys.meta_path[:] = finders
        self._hooks = list(sys.path_hooks)
        self._import = __import__
        # time is there before everything.
        known = {name: modules.get(name) or sys.modules[name] for name, _ in _CHANGED_BY_OTHERS}
        self._originals = [(vars(known[name]), what, vars(known[name])[what]) for name, what in _CHANGED_BY_OTHERS]
        of_sdk = {name.partition(".")[0] for name, module in modules.items()
                  if (getattr(module, "__file__", None) or "").startswith(path[-1] + "/")}
        library, sdk = {}, {}
        for name, module in modules.items():
            (sdk if name.partition(".")[0] in of_sdk else library)[name] = module
        tops = {name.partition(".")[0] for name in library}
        loggers = list(logging.root.manager.loggerDict)
        self._library = _Group(library, [name for name in loggers if name.partition(".")[0] in tops])
        self._sdk = _Group(sdk, [name for name in loggers if name.partition(".")[0] not in tops])

    def find_spec(self, name, path=None, target=None):
        if name not in self.modules or target is not None:  # a reload reads the file
            return None
        if not self._same_files():
            sys.meta_path.remove(self)
            return None
        self._library.show()
        if name in self._sdk.modules:
            self._sdk.show()
            self.sdk_is_shown = True
            sys.meta_path.remove(self)
            sys.meta_path.extend(self._sdk_finders)
        from importlib.machinery import ModuleSpec

        # The import system prefers the spec of a module that appears meanwhile, and would load its file again.
        sys.modules.pop(name, None)
        return ModuleSpec(name, _Loaded(self.modules[name]))

    def _same_files(self):
        import builtins

        if (sys.meta_path != [self] + self._plain_finders or sys.path_hooks != self._hooks
                or builtins.__import__ is not self._import):
            return False
        if self._logging.getLoggerClass() is not self._logging.Logger or self._logging.root.manager.loggerClass:
            return False
        if any(names.get(what) is not original for names, what, original in self._originals):
            return False
        own = [entry for entry in sys.path if entry in self._path]
        if own != self._path:
            return False
        return all(self._has_none(entry) for entry in sys.path if entry not in self._path)

    def _has_none(self, folder):
        try:
            entries = os.listdir(folder or ".")
        except NotADirectoryError:
            return False  # a zip
        except OSError:
            return True
        return self._names.isdisjoint(entry.partition(".")[0] for entry in entries)


class _Loaded:
    """A loader for what is loaded."""

    def __init__(self, module):
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec):
        return self._module

    def exec_module(self, module):
        module.__spec__ = self._spec
        module.__loader__ = self._spec.loader


class _Zygote:
    def __init__(self, library):
        self.coerced = os.environ.get("LC_CTYPE")  # Python itself set it, when it is there
        self.path = list(sys.path)
        plain = _import_plain()
        finders = list(sys.meta_path)
        self.sdk_directory = os.environ.get("KILN_SDK_DIR", "")
        self.clients = _import_sdk(self.sdk_directory) if self.sdk_directory else []
        self.rehearsal = _import_own("rehearsal")
        self.fresh = _import_own("kiln_runtime.fresh")
        self.pages = {}  # by what is made
        import ctypes
        import gc

        self.gc = gc
        self.lib = ctypes.CDLL(library)
        for function, result in (("open", ctypes.c_void_p), ("argument", ctypes.c_char_p),
                                 ("variable", ctypes.c_char_p)):
            getattr(self.lib, "kiln_zygote_" + function).restype = result
        for function in ("next", "enter", "child", "parent", "argument", "variable"):
            first = [ctypes.c_void_p]
            getattr(self.lib, "kiln_zygote_" + function).argtypes = (
                first if function in ("next", "enter", "child") else first + [ctypes.c_int])
        extra = {name: module for name, module in sys.modules.items() if name not in plain}
        search = self.path[1:] + ([self.sdk_directory] if self.sdk_directory else [])
        self.preloaded = _Preloaded(extra, search, finders)
        for name in extra:
            del sys.modules[name]
        with open(_BOOTSTRAP, "rb") as file:
            self.bootstrap = compile(file.read(), _BOOTSTRAP, "exec")

    def serve(self):
        lib = self.lib
        zygote = lib.kiln_zygote_open(3)
        # Not in each child: emptying it there would copy a megabyte.
        sys.path_importer_cache.clear()
        self.gc.collect()
        self.filled = _fill_gaps()  # for good: to free them would be to write to them
        self.gc.freeze()
        self.rehearse("")
        os.write(1, b"ready\n")
        while lib.kiln_zygote_next(zygote):
            argv = _texts(lib.kiln_zygote_argument, zygote)
            # None yet of a function that is there: the child alone may know them.
            variables = _variables(_texts(lib.kiln_zygote_variable, zygote))
            preloads = [name for name in variables.get("_KILN_PRELOADS", "").split(",") if name in ("boto3",) + _SERVICES]
            for name in preloads:
                self.rehearse(name)
            if lib.kiln_zygote_enter(zygote) != 0:
                continue
            pid = os.fork()
            if pid == 0:
                lib.kiln_zygote_child(zygote)
                return self.become(argv, _variables(_texts(lib.kiln_zygote_variable, zygote)), preloads)
            lib.kiln_zygote_parent(zygote, pid)
        return None

    def rehearse(self, name):
        if name not in self.pages:
            self.pages[name] = self.rehearsal.observe(name, self.begin)

    def begin(self, variables):
        """In the child of a rehearsal."""
        argv = [sys.executable, "-s", "-S", "-u", _BOOTSTRAP]
        exec(self.become(argv, {**os.environ, **variables}, []), sys.modules["__main__"].__dict__)

    def become(self, argv, variables, preloads):
        """In the child. Answers the code to run."""
        waits = variables.get("_KILN_STANDBY_FD")
        if waits:
            for name in preloads or [""]:
                self.rehearsal.take(self.pages[name])
            # Nothing here is of any function until it comes.
            variables = _variables(_wait_for_function(int(waits)))
            os.chdir("/var/task")
        if argv[1:] != ["-s", "-S", "-u", _BOOTSTRAP]:
            os.execve(argv[0], argv, variables)
        os.environ.clear()
        os.environ.update(variables)
        if self.coerced is not None:
            os.environ.setdefault("LC_CTYPE", self.coerced)
        self._forget()
        sys.argv[:] = [_BOOTSTRAP]
        if hasattr(sys, "orig_argv"):
            sys.orig_argv[:] = argv
        sys.path[:] = self.path
        sys.modules["kiln_runtime.loop"].loaded_ahead = self.loaded
        if variables.get("KILN_SDK_DIR", "") == self.sdk_directory and not any(
                name in variables for name in _READ_AT_IMPORT):
            sys.meta_path.insert(0, self.preloaded)
        sys.modules["__main__"] = _main_module()
        return self.bootstrap

    def loaded(self):
        """What this function has taken of what was ready."""
        return sorted(self.clients) or (["boto3"] if "boto3" in sys.modules and self.preloaded.sdk_is_shown else [])

    def _forget(self):
        """Nothing random, and nothing that was read from the process, is shared with the zygote."""
        import _signal
        import time

        time.tzset()
        _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)
        _signal.signal(_signal.SIGXFSZ, _signal.SIG_IGN)
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        modules = self.preloaded.modules
        self.fresh.reseed(modules)
        if "tempfile" in modules:
            modules["tempfile"].tempdir = None


def _fill_gaps():
    """Objects in all the small holes of the heap. What a child makes lies side by side then, and not in one hole
    each of pages that the kernel would have to copy for that."""
    filled = []
    for size in range(16, 513, 16):
        whole, last = 0, 0
        while whole * size < 12288:  # side by side: fresh memory (a pool has 16 KiB)
            filled.append(object() if size == 16 else float(len(filled)) if size == 32 else bytes(size - 33))
            whole = whole + 1 if size <= id(filled[-1]) - last <= 2 * size else 0  # addresses are objects, too
            last = id(filled[-1])
    return filled


def _texts(read, zygote):
    texts = []
    while True:
        text = read(zygote, len(texts))
        if text is None:
            return texts
        texts.append(os.fsdecode(text))


def _variables(texts):
    return dict(text.partition("=")[::2] for text in texts)


def _wait_for_function(fd):
    """Blocks until Kiln says for which function this process is: u32 size (little-endian) and NAME=value
    texts with a NUL behind each."""
    def read(size):
        data = b""
        while len(data) < size:
            more = os.read(fd, size - len(data))
            if not more:
                os._exit(0)  # the server is gone
            data += more
        return data

    return [os.fsdecode(text) for text in read(int.from_bytes(read(4), "little")).split(b"\0")[:-1]]


def _main_module():
    main = type(sys)("__main__")
    from _frozen_importlib_external import SourceFileLoader

    main.__loader__ = SourceFileLoader("__main__", _BOOTSTRAP)
    main.__builtins__ = sys.modules["builtins"]
    main.__annotations__ = {}
    main.__file__ = _BOOTSTRAP
    main.__cached__ = None
    return main


if __name__ == "__main__":
    code = _Zygote(sys.argv[1]).serve()
    if code is not None:
        exec(code, sys.modules["__main__"].__dict__)
