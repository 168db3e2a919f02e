"""Nothing that was confirmed is lost when broker and worker are killed in the middle of the work."""

import collections
import uuid

import amqp
import kombu.exceptions

from rows_case import RowsCase
from waiting import wait_until

TASKS = 2000
# Confirmed tasks at which one of them dies, in turns.
BROKER_DIES_AT = (300, 900, 1500)
WORKER_DIES_AT = (600, 1200)
ROWS_BETWEEN_DEATHS = 50  # so that the worker is at work when it happens
PATIENCE_S = 120


class Crash(RowsCase):
    def setUp(self):
        self.connection = None
        self.workers = 0
        self.start_worker()

    def start_worker(self):
        self.workers += 1
        self.running = self.worker(f"life-{self.workers}", "--concurrency=2", "--without-mingle", "--without-gossip")

    def publish(self, task_id):
        """Whether the broker confirmed it. An attempt that failed is not repeated: it may have arrived."""
        from rows.tasks import write_row
        try:
            if not self.connection:
                self.connection = write_row.app.connection_for_write()
                self.producer = write_row.app.amqp.Producer(self.connection, auto_declare=False)
            write_row.apply_async(task_id=task_id, producer=self.producer, retry=False)
        except (OSError, amqp.AMQPError, kombu.exceptions.OperationalError):
            self.connection.collect()
            self.connection = None
            return False
        return True

    def kill_broker(self):
        self.wait_for_work()
        self.broker.kill()
        self.assertFalse(self.publish(str(uuid.uuid4())))
        self.broker.start()

    def kill_worker(self):
        self.wait_for_work()
        self.running.kill()
        self.start_worker()

    def wait_for_work(self):
        goal = self.rows.count() + ROWS_BETWEEN_DEATHS
        wait_until(lambda: self.rows.count() >= goal, f"{ROWS_BETWEEN_DEATHS} more rows", PATIENCE_S)

    def test_every_confirmed_task_has_run_and_what_ran_twice_was_redelivered(self):
        confirmed, runs = set(), collections.defaultdict(list)
        for count in range(1, TASKS + 1):
            task_id = str(uuid.uuid4())
            if self.publish(task_id):
                confirmed.add(task_id)
            if count in BROKER_DIES_AT and self.broker.can_restart:
                self.kill_broker()
            if count in WORKER_DIES_AT:
                self.kill_worker()
        self.assertGreater(len(confirmed), TASKS * 0.9)

        wait_until(lambda: confirmed <= set(self.rows.values_list("task_id", flat=True)), "all rows", PATIENCE_S)
        self.running.kill()  # Celery 5.2 waits for ever for tasks whose acknowledgement met the dead connection.

        for task_id, redelivered in self.rows.order_by("id").values_list("task_id", "redelivered"):
            runs[task_id].append(redelivered)
        self.assertEqual({}, {task_id: run for task_id, run in runs.items() if not all(run[1:])})
        print(f"{len(confirmed)} confirmed, {sum(len(run) - 1 for run in runs.values())} ran again")
