"""A Flask application with a Celery worker, as the tutorials build it."""

import os

import celery
import flask
from kombu import Queue

from traces import note, wait_at

tasks = celery.Celery("web", broker=os.environ["CELERY_BROKER_URL"], backend="rpc://")
tasks.conf.update(
    task_queues=[
        Queue("celery"), Queue("reports"), Queue("mail"), Queue("urgent", queue_arguments={"x-max-priority": 10})],
    task_default_queue="celery",
    broker_transport_options={"confirm_publish": True},
    broker_connection_max_retries=None,
    result_expires=600,
)
web = flask.Flask("web")


@tasks.task
def add(x, y):
    return x + y


@tasks.task
def fail(text):
    raise ValueError(text)


@tasks.task(bind=True, max_retries=5)
def succeed_at_third_try(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries


@tasks.task(bind=True)
def write(self, name, text):
    note(name, text)
    return self.request.hostname


@tasks.task(bind=True, acks_late=True)
def wait_at_gate(self, name):
    """Notes that it runs, then waits until the test opens the gate: a file of that name."""
    note(f"{name}.runs", bool(self.request.delivery_info["redelivered"]))
    wait_at(name)
    return "through"


@web.post("/sum/<int:x>/<int:y>")
def start_sum(x, y):
    return {"id": add.delay(x, y).id}


@web.get("/result/<task_id>")
def result(task_id):
    found = tasks.AsyncResult(task_id)
    return {"state": found.state, "value": found.result if found.successful() else None}
