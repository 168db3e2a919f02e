"""An application whose results outlive a chord: they are files."""

import os

import celery
from celery.backends.filesystem import FilesystemBackend
from kombu import Exchange, Queue
from kombu.common import Broadcast

from traces import FOLDER, note, wait_at

RESULTS = FOLDER / "results"
RESULTS.mkdir(exist_ok=True)


class Results(FilesystemBackend):
    """A result is there as a whole, or not yet."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{**options, "url": f"file://{RESULTS}"})

    def set(self, key, value):
        unfinished = RESULTS / f"unfinished.{os.getpid()}"
        unfinished.write_bytes(value.encode() if isinstance(value, str) else value)
        unfinished.rename(self._filename(key).decode() if isinstance(key, bytes) else self._filename(key))


tasks = celery.Celery("canvas", broker=os.environ["CELERY_BROKER_URL"], backend="canvas:Results")
tasks.conf.update(
    broker_transport_options={"confirm_publish": True},
    broker_connection_max_retries=None,
    task_default_queue="canvas",
    task_queues=[
        Queue("canvas"), Broadcast("everybody"), Queue("brief", durable=False, auto_delete=True),
        Queue("own", Exchange("own"), "own", durable=False, exclusive=True)],
    worker_direct=True,
    worker_deduplicate_successful_tasks=True,
    worker_prefetch_multiplier=4,
    result_chord_retry_interval=0.1,
)


@tasks.task
def add(x, y):
    return x + y


@tasks.task
def total(numbers):
    return sum(numbers)


@tasks.task
def fail():
    raise ValueError("because")


@tasks.task
def note_failure(request, error, traceback):
    note("failures", str(error))


@tasks.task(bind=True)
def write(self, name, text):
    note(name, f"{text} {self.request.hostname}")


@tasks.task
def hold(name):
    """Waits until the test opens the gate."""
    note(f"{name}.runs", "begun")
    wait_at(name)


@tasks.task(acks_late=True)
def hold_late(name):
    """The same, acknowledged when it is done."""
    hold(name)
