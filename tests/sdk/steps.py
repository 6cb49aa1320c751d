"""Named steps of a program: each is run, and the report lists the failed ones with their
reason."""

import contextlib
import json
import sys
import traceback

_passed = []
_failed = {}


@contextlib.contextmanager
def step(name):
    """Runs a step of the program. An error is recorded, and the next step runs."""
    try:
        yield
    except Exception:  # A step of the SDK may raise anything.
        _failed[name] = traceback.format_exc()
    else:
        _passed.append(name)


def report():
    """Prints the outcome as a line of JSON to the original standard output."""
    print(json.dumps({"passed": _passed, "failed": _failed}), file=sys.__stdout__, flush=True)


def raises(kind, action):
    """Returns whether an action raises an exception of this kind."""
    try:
        action()
    except kind:
        return True
    return False
