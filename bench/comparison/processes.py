"""What a broker's processes use: read from /proc, for the process that was started and all that it started."""

import ctypes
import os
import pathlib
import re
import signal

PR_SET_PDEATHSIG = 1
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def stat_of(pid):
    """Parent and CPU ticks, children that have ended included; None if there is no such process any more."""
    try:
        # The name in parentheses may hold spaces.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(ticks) for ticks in fields[11:15])


def tree(root):
    """The process and its descendants, with their CPU ticks."""
    found = {int(name): stat for name in os.listdir("/proc") if name.isdigit() and (stat := stat_of(name))}
    family = {root}
    while grown := {pid for pid, (parent, _) in found.items() if parent in family} - family:
        family |= grown
    return {pid: found[pid][1] for pid in family if pid in found}


def cpu_seconds(root):
    return sum(tree(root).values()) / TICKS_PER_SECOND


def memory_mb(root, field):
    """`field` is VmRSS for now, VmHWM for the most there ever was."""
    total = 0
    for pid in tree(root):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        if match := re.search(field + r":\s+(\d+) kB", status):
            total += int(match.group(1))
    return total / 1024
