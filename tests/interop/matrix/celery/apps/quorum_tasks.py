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


@app.task(bind=True, ignore_result=True)
def write_at_third_try(self, name):
    """Notes each try; the broker keeps it for two seconds between them."""
    note(name, self.request.retries)
    if self.request.retries < 2:
        raise self.retry(countdown=2)
