# SPDX-License-Identifier: Apache-2.0
"""Entry point of a Python execution environment: python -s -S -u bootstrap.py [SDK_DIR].

Sets the module search path as AWS does (function code, layers, standard library, then the SDK in
SDK_DIR; nothing of the host), loads the handler, then serves invocations until the process is ended.
"""

import os
import sys


def set_module_path(sdk_dir):
    here = os.path.dirname(os.path.abspath(__file__))
    standard = [p for p in sys.path if p and os.path.abspath(p) != here and "site-packages" not in p]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    opt = os.environ.get("KILN_OPT_DIR", "/opt")
    user = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    layers = [f"{opt}/python/lib/{version}/site-packages", f"{opt}/python"]
    first = [os.environ["LAMBDA_TASK_ROOT"], *[p for p in layers if os.path.isdir(p)], *user]
    sys.path[:] = first + [p for p in standard if p not in first]
    if sdk_dir:
        sys.path.append(sdk_dir)
    # The client's own modules last: a function's modules of any name win.
    sys.path.append(here)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from kiln_runtime import loop

    sys.path.pop(0)
    set_module_path(sys.argv[1] if len(sys.argv) > 1 else "")
    sys.argv[:] = [sys.argv[0]]
    loop.run()
