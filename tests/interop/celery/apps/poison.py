"""An application whose tasks end badly: they go where dead letters go."""

import os
import signal

import celery
from celery.exceptions import Reject
from kombu import Exchange, Queue

from traces import note

RETURNS_MAX = 3
GRAVE = {"x-dead-letter-exchange": "graves", "x-dead-letter-routing-key": "grave"}
tasks = celery.Celery("poison", broker=os.environ["CELERY_BROKER_URL"])
tasks.conf.update(
    broker_transport_options={"confirm_publish": True},
    task_default_queue="work",
    task_queues=[
        Queue("work", queue_arguments=GRAVE),
        Queue("guarded", queue_arguments={**GRAVE, "x-queue-type": "quorum", "x-delivery-limit": RETURNS_MAX}),
        Queue("grave", Exchange("graves"), "grave")],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
)


@tasks.task
def kill_the_process(name):
    """As a task does that takes more memory than there is."""
    note(name, "begun")
    os.kill(os.getpid(), signal.SIGKILL)


@tasks.task
def reject(name):
    note(name, "begun")
    raise Reject("not for me", requeue=False)


@tasks.task
def write(name, text):
    note(name, text)
