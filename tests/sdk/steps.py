"""Named steps of a program: each is tried, and the report says which failed and why."""

import contextlib
import json
import sys
import traceback

_passed = []
_failed = {}


@contextlib.contextmanager
def step(name):
    """A part of the program; what goes wrong in it is noted, and the next one is tried."""
    try:
        yield
    except Exception:  # A step of the SDK may raise anything.
        _failed[name] = traceback.format_exc()
    else:
        _passed.append(name)


def report():
    """Prints the outcome as a line of JSON on the real standard output."""
    print(json.dumps({"passed": _passed, "failed": _failed}), file=sys.__stdout__, flush=True)


def raises(kind, action):
    """Whether an action is refused."""
    try:
        action()
    except kind:
        return True
    return False
