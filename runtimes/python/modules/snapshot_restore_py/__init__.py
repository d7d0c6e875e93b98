# SPDX-License-Identifier: Apache-2.0
"""Runtime hooks of SnapStart: functions that run before the snapshot is taken, and in each execution
environment that was restored from it.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

__all__ = [
    "register_before_snapshot",
    "register_after_restore",
    "get_before_snapshot",
    "get_after_restore",
]

_before_snapshot = []
_after_restore = []


def register_before_snapshot(func, *args, **kwargs):
    """Also a decorator. Those that were registered last run first."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Also a decorator. They run in the order of their registration, 10 seconds in all."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    return _before_snapshot


def get_after_restore():
    return _after_restore
