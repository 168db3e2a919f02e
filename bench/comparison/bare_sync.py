"""What the disk itself takes for one write of 4 KiB made durable: the yardstick of a confirm."""

import os
import statistics
import tempfile
import time

PAGE = 4096
PAGES = 4096


def median_ms(seconds):
    """pwrite and fdatasync in a loop, on a file whose blocks were written before."""
    with tempfile.NamedTemporaryFile(prefix="varve-compare-") as file:
        os.pwrite(file.fileno(), bytes(PAGE * PAGES), 0)
        os.fsync(file.fileno())
        page, times, at = b"x" * PAGE, [], 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.perf_counter()
            os.pwrite(file.fileno(), page, at % PAGES * PAGE)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begin)
            at += 1
        return statistics.median(times) * 1000
