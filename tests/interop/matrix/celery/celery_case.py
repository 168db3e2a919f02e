"""Workers and Celery's commands as processes, and the application in this one."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import broker
from waiting import wait_until

APPS = pathlib.Path(__file__).resolve().parent / "apps"
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="varve-matrix-celery-"))
os.environ.update(MATRIX_FOLDER=str(FOLDER), C_FORCE_ROOT="1")
sys.path.insert(0, str(APPS))
RESULT_LIMIT_S = 30


def tearDownModule():
    shutil.rmtree(FOLDER, ignore_errors=True)


def celery_command(application, *arguments):
    return [sys.executable, "-s", "-m", "celery", "-A", application, *arguments]


class Worker:
    """A `celery worker` in a process group of its own."""

    def __init__(self, application, name, *flags):
        self.said_path = FOLDER / f"{name}.out"
        with open(self.said_path, "wb") as output:
            self.process = subprocess.Popen(
                celery_command(application, "worker", "--loglevel=INFO", f"--hostname={name}@test", *flags),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=APPS,
                start_new_session=True, preexec_fn=broker.die_with_parent)

    def said(self):
        return self.said_path.read_text(errors="replace")

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the worker ended:\n{self.said()[-3000:]}")
            return " ready." in self.said()
        try:
            wait_until(ready, "the worker is ready", 40)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()[-3000:]}") from None
        return self

    def kill(self):
        """The main process and its children at once, as a machine that dies would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        print(f"--- {self.said_path.name} ends with\n{self.said()[-4000:]}---", flush=True)


class CeleryCase(unittest.TestCase):
    application = "tasks"
    QUIET = ("--concurrency=1", "--without-mingle", "--without-gossip")

    @classmethod
    def class_worker(cls, name, *flags):
        """A worker for all the tests of the class."""
        worker = Worker(cls.application, name, *flags)
        cls.addClassCleanup(worker.kill)
        return worker.wait_ready()

    def worker(self, name, *flags):
        worker = Worker(self.application, name, *flags)
        self.addCleanup(worker.kill)
        return worker.wait_ready()

    def command(self, *arguments):
        """Runs one of Celery's commands; what it printed."""
        done = subprocess.run(
            celery_command(self.application, *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            cwd=APPS, timeout=60, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    @staticmethod
    def lines(name):
        path = FOLDER / name
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def wait_lines(self, name, count):
        wait_until(lambda: len(self.lines(name)) >= count, f"{count} lines in {name}", 40)
        return self.lines(name)

    @staticmethod
    def open_gate(name):
        (FOLDER / name).touch()
