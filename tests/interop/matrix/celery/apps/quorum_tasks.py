"""An application on a quorum queue: a countdown waits in the broker (native delayed delivery, Celery 5.5 and later)."""

import celery

from notes import note
from settings import settings

app = celery.Celery("quorum_tasks")
app.conf.update(settings("durable"))
app.conf.update(task_default_queue_type="quorum", task_default_exchange_type="topic", task_default_exchange="durable")


@app.task
def add(x, y):
    return x + y


@app.task(ignore_result=True)
def write(name, text):
    note(name, text)
