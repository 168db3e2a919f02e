from django.db import models
from django.db.backends.signals import connection_created


class Row(models.Model):
    """One run of a task."""

    task_id = models.CharField(max_length=64, db_index=True)
    redelivered = models.BooleanField()


def without_waiting_for_the_disk(connection, **_):
    """The tests kill processes, not machines: the database need not sync each row."""
    connection.cursor().execute("PRAGMA synchronous = OFF")


connection_created.connect(without_waiting_for_the_disk)
