# SPDX-License-Identifier: Apache-2.0
"""Entry point of the Python runtime client: bootstrap.py.

Run with -s -S, so that nothing of the host's site-packages is seen. sys.path becomes the function's
code, the layers, PYTHONPATH, the standard library, the bundled SDK.
"""
import os
import sys


def _set_path(runtime_directory, sdk_directory):
    opt = os.environ.get("KILN_OPT_DIR", "/opt")
    os.environ.pop("KILN_OPT_DIR", None)
    version = "python%d.%d" % sys.version_info[:2]
    rest = [entry for entry in sys.path if entry != runtime_directory]
    sys.path[:] = [
        os.environ.get("LAMBDA_TASK_ROOT", os.getcwd()),
        opt + "/python/lib/" + version + "/site-packages",
        opt + "/python",
    ] + rest
    # Packages that AWS's runtime has beside the SDK.
    sys.path.append(runtime_directory + "/modules")
    if sdk_directory:
        sys.path.append(sdk_directory)


def _add_site_builtins():
    # What the site module would add: functions do call exit() and quit().
    import builtins
    from _sitebuiltins import Quitter

    builtins.quit = Quitter("quit", "Ctrl-D (i.e. EOF)")
    builtins.exit = Quitter("exit", "Ctrl-D (i.e. EOF)")


def main():
    runtime_directory = sys.path[0]
    sdk_directory = os.environ.pop("KILN_SDK_DIR", "")
    from kiln_runtime import loop

    # /var/task is read-only at AWS: nothing compiled is ever written beside the function's code.
    sys.dont_write_bytecode = True
    _set_path(runtime_directory, sdk_directory)
    _add_site_builtins()
    loop.run()


if __name__ == "__main__":
    main()
