"""Waiting for something that can be observed, with a limit."""

import threading
import time

POLL_INTERVAL_S = 0.01


def wait_until(condition, what, timeout_s=20):
    """Returns the first true value of condition(); AssertionError naming `what` when the time is over."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        pause.wait(POLL_INTERVAL_S)
