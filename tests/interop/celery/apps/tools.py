"""An application for Celery's smaller tools, with a clock."""

import os

import celery
from kombu import Queue

from traces import note

tasks = celery.Celery("tools", broker=os.environ["CELERY_BROKER_URL"])
tasks.conf.update(
    broker_transport_options={"confirm_publish": True},
    broker_connection_max_retries=None,
    task_queues=[Queue("celery"), Queue("calls"), Queue("moving"), Queue("ticks")],
    task_ignore_result=True,
    beat_schedule={
        "tick": {"task": "tools.write", "schedule": 0.2, "args": ("ticks", "tick"), "options": {"queue": "ticks"}}},
)


@tasks.task
def write(name, text):
    note(name, text)
