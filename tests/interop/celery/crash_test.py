"""Nothing that was confirmed is lost when broker and worker are killed in the middle of the work."""

import collections
import threading
import uuid

import amqp
import kombu.exceptions

from rows_case import RowsCase
from waiting import wait_until

TASKS = 2000
AHEAD = 200  # The publisher keeps so near to the worker that tasks remain to be published at the last death.
# Rows at which one of them dies, in turns.
DEATHS = ((200, "broker"), (400, "worker"), (600, "broker"), (800, "worker"), (1000, "broker"))
PATIENCE_S = 120


class Publisher(threading.Thread):
    """Publishes until TASKS are confirmed, whatever happens to the broker meanwhile."""

    def __init__(self):
        super().__init__(daemon=True)
        self.connection = None
        self.confirmed = set()
        self.refused = 0
        self.limit = 0
        self.limit_raised = threading.Condition()

    def go_on(self, limit):
        with self.limit_raised:
            self.limit = min(limit, TASKS)
            self.limit_raised.notify()

    def run(self):
        while len(self.confirmed) < TASKS:
            with self.limit_raised:
                self.limit_raised.wait_for(lambda: len(self.confirmed) < self.limit)
            task_id = str(uuid.uuid4())
            if self.publish(task_id):
                self.confirmed.add(task_id)
            else:
                self.refused += 1

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


class Crash(RowsCase):
    def setUp(self):
        self.workers = 0
        self.start_worker()

    def start_worker(self):
        self.workers += 1
        self.running = self.worker(f"life-{self.workers}", "--concurrency=2", "--without-mingle", "--without-gossip")

    def kill(self, victim):
        if victim == "worker":
            self.running.kill()
            self.start_worker()
        elif self.broker.can_restart:
            confirmed, refused = len(self.publisher.confirmed), self.publisher.refused
            self.publisher.go_on(TASKS)
            wait_until(lambda: len(self.publisher.confirmed) > confirmed, "the publisher is at work", PATIENCE_S)
            self.broker.kill()
            wait_until(lambda: self.publisher.refused > refused, "the publisher meets the dead broker", PATIENCE_S)
            self.broker.start()

    def wait_rows(self, condition, what):
        try:
            wait_until(condition, what, PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(
                f"{error}; {self.rows.count()} rows, {len(self.publisher.confirmed)} confirmed, "
                f"{self.publisher.refused} refused; the worker said:\n{self.running.said()[-3000:]}") from None

    def test_every_confirmed_task_has_run_and_what_ran_twice_was_redelivered(self):
        self.publisher = Publisher()
        self.publisher.start()
        for rows, victim in DEATHS:
            self.publisher.go_on(rows + AHEAD)
            self.wait_rows(lambda: self.rows.count() >= rows, f"{rows} rows")
            self.kill(victim)
        self.publisher.go_on(TASKS)
        self.publisher.join(PATIENCE_S)
        confirmed = self.publisher.confirmed
        self.assertEqual(TASKS, len(confirmed))

        self.wait_rows(lambda: confirmed <= set(self.rows.values_list("task_id", flat=True)), "all rows")
        self.running.kill()  # Celery 5.2 waits for ever for tasks whose acknowledgement met the dead connection.

        runs = collections.defaultdict(list)
        for task_id, redelivered in self.rows.order_by("id").values_list("task_id", "redelivered"):
            runs[task_id].append(redelivered)
        self.assertEqual({}, {task_id: run for task_id, run in runs.items() if not all(run[1:])})
        print(f"{len(confirmed)} confirmed, {sum(len(run) - 1 for run in runs.values())} ran again")
