"""A command with a time limit, whose whole process group ends with it."""

import dataclasses
import os
import signal
import subprocess
import threading

import broker


@dataclasses.dataclass(frozen=True)
class Finished:
    status: int | None
    "None: it was stopped when its time was over."
    lines: tuple

    def last_line(self):
        return next((line for line in reversed(self.lines) if line.strip()), "no output")

    def complaint(self):
        """The first line that speaks of an error, else the last."""
        return next((line for line in self.lines if "error" in line.lower()), self.last_line())


def environment(**more):
    """The caller's, without what would lead Python, Node or Go elsewhere."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "VIRTUAL_ENV", "PYENV", "NODE_OPTIONS", "VARVE_"))}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", **more}


def end_group(process):
    """The command is a group of its own: what it started and forgot ends too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(command, folder, timeout_s, output_path, **variables):
    """Runs it, keeps its output in the file, too."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment(**variables), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        preexec_fn=broker.die_with_parent)
    late = threading.Event()

    def too_late():
        late.set()
        end_group(process)

    timer = threading.Timer(timeout_s, too_late)
    timer.start()
    lines = []
    try:
        with open(output_path, "a", encoding="utf-8") as output, process.stdout:
            for line in process.stdout:
                output.write(line)
                lines.append(line.rstrip("\n"))
        process.wait()
    finally:
        timer.cancel()
        end_group(process)
    return Finished(None if late.is_set() else process.returncode, tuple(lines))
