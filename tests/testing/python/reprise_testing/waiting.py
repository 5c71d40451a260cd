"""Awaiting conditions. Nothing in the tests sleeps for readiness."""
import time

PATIENCE_S = 60.0
_LOOK_AGAIN_S = 0.02


class NeverHappened(AssertionError):
    pass


def eventually(condition, what, timeout_s=PATIENCE_S, every_s=_LOOK_AGAIN_S):
    """Asks until the condition is true and returns its value. A lost connection on the way counts as "not yet"."""
    deadline = time.monotonic() + timeout_s
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except ConnectionError as trouble:
            last = trouble
        if time.monotonic() > deadline:
            raise NeverHappened("%s: not within %.0f s (last: %r)" % (what, timeout_s, last))
        time.sleep(every_s)
