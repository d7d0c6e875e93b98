# SPDX-License-Identifier: Apache-2.0
"""What lies between the initialisation and the first invocation of a function with SnapStart.

The process saves itself once, at the end of its initialisation, if it was told where to; every
process that goes on from there, and every one that cannot be saved, asks to be restored, runs its
hooks, and serves.
"""
import os
import stat
import sys

from . import fresh
from .errors import describe_current_exception

_BEFORE_SNAPSHOT_ERROR = "Runtime.BeforeSnapshotError"
_AFTER_RESTORE_ERROR = "Runtime.AfterRestoreError"
_TMP = "/tmp"
_MAX_TMP_BYTES = 32 * 1024 * 1024


def hand_over(client, logs, codec, snapshot):
    """`snapshot`: "DESCRIPTOR:LIBRARY", or nothing to save into."""
    try:
        _run(_hooks("get_before_snapshot"), -1)
    except Exception:
        error, _ = describe_current_exception()
        logs.error(error, codec.encode)
        client.report_init_error(codec.encode(error).encode("utf-8"), _BEFORE_SNAPSHOT_ERROR)
        sys.exit(64)
    logs.end_lines()
    if snapshot and _save(snapshot, client, logs):
        _forget()
    client.restore_next()
    try:
        _run(_hooks("get_after_restore"), 0)
    except Exception:
        error, _ = describe_current_exception()
        logs.error(error, codec.encode)
        client.report_restore_error(codec.encode(error).encode("utf-8"), _AFTER_RESTORE_ERROR)
        sys.exit(65)
    logs.end_lines()


def _hooks(getter):
    # The function's own copy of the package, when it brought one. Without an import nobody registered.
    module = sys.modules.get("snapshot_restore_py")
    return getattr(module, getter)() if module is not None else []


def _run(hooks, which):
    while hooks:
        function, args, kwargs = hooks.pop(which)
        function(*args, **kwargs)


def _save(snapshot, client, logs):
    """True in a process that goes on from here."""
    number, _, library = snapshot.partition(":")
    known = "_ctypes" in sys.modules
    import _ctypes

    # Nothing of how this works is left for the function to see.
    if not known:
        del sys.modules["_ctypes"]
    handle = _ctypes.dlopen(library, 0)
    files = _take_along()
    if files is None:
        refuse = _ctypes.dlsym(handle, "kiln_snapshot_refuse")
        _ctypes.call_function(refuse, (int(number), b"it left too much in /tmp"))
        return False
    save = _ctypes.dlsym(handle, "kiln_snapshot_save")
    if _ctypes.call_function(save, (int(number), client.descriptor, logs.descriptor)) != 1:
        return False
    _put_back(files)
    return True


def _take_along():
    """What lies in /tmp: (path, status, content or a link's target) each, folders before what is in
    them. None when it is too much, or of another kind."""
    taken = []
    total = 0
    for folder, folders, names in os.walk(_TMP):
        for path in (folder + "/" + name for name in folders + names):
            status = os.lstat(path)
            content = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                total += status.st_size
                if total > _MAX_TMP_BYTES:
                    return None
                with open(path, "rb") as file:
                    content = file.read()
            elif not stat.S_ISDIR(status.st_mode):
                return None
            taken.append((path, status, content))
    return taken


def _put_back(files):
    # After a crash /tmp has them already, as the function left them.
    files = [file for file in files if not os.path.lexists(file[0])]
    for path, status, content in files:
        if stat.S_ISLNK(status.st_mode):
            os.symlink(content, path)
            continue
        if content is None:
            os.mkdir(path)
            continue
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, stat.S_IMODE(status.st_mode))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    for path, status, content in files:
        if content is None:
            os.chmod(path, stat.S_IMODE(status.st_mode))


def _forget():
    """Nothing random is shared by the processes that were saved as one."""
    modules = sys.modules
    fresh.reseed(modules)
    if "numpy.random" in modules:
        modules["numpy.random"].seed()
