"""An application whose tasks are acknowledged when they are done; its brokers are a list."""

import os

import celery
from kombu import Queue

from traces import note, wait_at

tasks = celery.Celery("late")
tasks.conf.update(
    broker_url=os.environ.get("BROKER_URLS", "").split() or os.environ["CELERY_BROKER_URL"],
    broker_failover_strategy="round-robin",
    broker_transport_options={"confirm_publish": True},
    broker_connection_max_retries=None,
    task_default_queue="late",
    task_queues=[Queue("late")],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
)


def how_it_came(task):
    return "redelivered" if task.request.delivery_info["redelivered"] else "new"


@tasks.task(bind=True)
def hold(self, name):
    """Notes how it came and the process that runs it, then waits until the test opens the gate."""
    note(name + ".runs", f"{how_it_came(self)} {os.getpid()}")
    wait_at(name)
    note(name + ".ends", "done")


@tasks.task(bind=True)
def write(self, name, text):
    note(name, f"{text} {how_it_came(self)}")
