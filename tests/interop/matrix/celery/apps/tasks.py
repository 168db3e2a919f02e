"""An application on classic queues."""

import threading

import celery
from kombu import Queue

from notes import FOLDER, note
from settings import settings

app = celery.Celery("tasks")
app.conf.update(settings("celery"))
app.conf.task_queues = [
    Queue("celery"), Queue("reports"), Queue("mail"), Queue("unserved"), Queue("soft"),
    Queue("urgent", queue_arguments={"x-max-priority": 10})]
app.conf.worker_soft_shutdown_timeout = 5
GATE_TIMEOUT_S = 60


@app.task
def add(x, y):
    return x + y


@app.task
def fail(text):
    raise ValueError(text)


@app.task(bind=True, max_retries=5)
def succeed_at_third_try(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries


@app.task(bind=True)
def write(self, name, text):
    note(name, text)
    return self.request.hostname


@app.task(bind=True, acks_late=True, ignore_result=True)
def write_how_it_came(self, name, text):
    note(name, f"{text} {'redelivered' if self.request.delivery_info['redelivered'] else 'new'}")


@app.task(bind=True, acks_late=True)
def wait_at_gate(self, name):
    """Notes that it runs, then waits until the test opens the gate: a file of that name."""
    note(f"{name}.runs", bool(self.request.delivery_info["redelivered"]))
    pause = threading.Event()
    for _ in range(GATE_TIMEOUT_S * 50):
        if (FOLDER / name).exists():
            return "through"
        pause.wait(0.02)
    raise TimeoutError(name)
