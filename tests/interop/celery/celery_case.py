"""Workers and Celery's commands as processes, for the tests with Celery."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import broker
from broker_case import BrokerCase
from waiting import wait_until

APPS = pathlib.Path(__file__).resolve().parent / "apps"


class Worker:
    """A `celery worker` in a process group of its own."""

    def __init__(self, case, name, *flags):
        self.output_path = os.path.join(case.folder, f"{name}.out")
        self.output = open(self.output_path, "wb")
        self.process = subprocess.Popen(
            case.celery("worker", "--loglevel=INFO", f"--hostname={name}@test", *flags),
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT, cwd=APPS, env=case.environment,
            start_new_session=True, preexec_fn=broker.die_with_parent)

    def said(self):
        return pathlib.Path(self.output_path).read_text(errors="replace")

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the worker ended:\n{self.said()}")
            return " ready." in self.said()
        try:
            wait_until(ready, "the worker is ready", 40)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()[-3000:]}") from None
        return self

    def kill(self):
        """The main process and its children at once, as a machine that dies would."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.output.close()

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)


class CeleryCase(BrokerCase):
    """One class to a file: the application's module knows one broker."""

    limit_s = 360
    application = "web:tasks"
    more_environment = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp(prefix="varve-celery-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        os.environ.update(
            CELERY_BROKER_URL=f"amqp://guest:guest@{cls.broker.host}:{cls.broker.port}//", APP_FOLDER=cls.folder,
            C_FORCE_ROOT="1", PYTHONDONTWRITEBYTECODE="1", **cls.more_environment)
        cls.environment = dict(os.environ)
        sys.path.insert(0, str(APPS))
        if not cls.broker.can_restart:
            subprocess.run(cls.celery("purge", "-f"), cwd=APPS, capture_output=True, check=True, timeout=60)

    @classmethod
    def celery(cls, *arguments):
        return [sys.executable, "-s", "-m", "celery", "-A", cls.application, *arguments]

    @classmethod
    def class_worker(cls, *flags):
        """A worker for all the tests of the class."""
        worker = Worker(cls, *flags)
        cls.addClassCleanup(worker.kill)
        return worker.wait_ready()

    def worker(self, *flags):
        worker = Worker(self, *flags)
        self.addCleanup(worker.kill)
        return worker.wait_ready()

    def command(self, *arguments, status=0):
        """Runs one of Celery's commands; what it printed."""
        done = subprocess.run(
            self.celery(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=APPS,
            env=self.environment, timeout=60)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def lines(self, name):
        path = pathlib.Path(self.folder, name)
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def wait_lines(self, name, count, timeout_s=40):
        wait_until(lambda: len(self.lines(name)) >= count, f"{count} lines in {name}", timeout_s)
        return self.lines(name)

    def open_gate(self, name):
        pathlib.Path(self.folder, name).touch()
