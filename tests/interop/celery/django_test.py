"""A Django application hands tasks to a Celery worker, which writes to the database through the ORM."""

from rows_case import RowsCase
from waiting import wait_until


class DjangoApplication(RowsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.class_worker("one", "--concurrency=2")

    def start(self):
        from django.test import Client
        return Client().get("/start").json()["id"]

    def test_row_appears_for_every_task(self):
        started = {self.start() for _ in range(50)}

        wait_until(lambda: self.rows.filter(task_id__in=started).count() == 50, "fifty rows")
        self.assertFalse(self.rows.filter(task_id__in=started, redelivered=True).exists())

    def test_application_and_worker_go_on_after_the_broker_restarted(self):
        self.needs_restart()
        before = self.start()
        wait_until(lambda: self.rows.filter(task_id=before).exists(), "the row before")

        self.broker.restart()
        after = self.start()

        wait_until(lambda: self.rows.filter(task_id=after).exists(), "the row after", 40)
