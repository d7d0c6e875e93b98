# SPDX-License-Identifier: Apache-2.0
"""What processes that begin from the same memory must not share."""

import os


def reseed(modules):
    """Gives the random generators, and what was made with them, among `modules` ({name: module}) new state."""
    import threading

    main = threading.main_thread()
    if hasattr(main, "_set_native_id"):
        main._set_native_id()
    if "random" in modules:
        modules["random"].seed()
    if "_ssl" in modules:
        modules["_ssl"].RAND_add(os.urandom(48), 48.0)
    if "multiprocessing.process" in modules:
        modules["multiprocessing.process"].current_process().authkey = os.urandom(32)
    if "tempfile" in modules:
        modules["tempfile"]._name_sequence = None
    if "uuid" in modules:
        modules["uuid"]._node = modules["uuid"]._last_timestamp = None
