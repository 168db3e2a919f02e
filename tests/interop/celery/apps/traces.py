"""What tasks leave for the tests to see, and where they wait for the tests."""

import os
import pathlib
import threading

FOLDER = pathlib.Path(os.environ["APP_FOLDER"])
GATE_TIMEOUT_S = 60


def note(name, text):
    """Appends a line; one write, so that lines of several processes do not mix."""
    with open(FOLDER / name, "a") as file:
        file.write(f"{text}\n")


def wait_at(gate):
    """Until the test opens the gate: a file of that name."""
    pause = threading.Event()
    for _ in range(GATE_TIMEOUT_S * 50):
        if (FOLDER / gate).exists():
            return
        pause.wait(0.02)
    raise TimeoutError(gate)
