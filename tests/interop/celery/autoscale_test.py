"""A worker's pool grows and shrinks while it works, and the broker gives it as much as it then asks for."""

from celery_case import CeleryCase
from waiting import wait_until

TASKS = 12


class Autoscale(CeleryCase):
    application = "late:tasks"
    more_environment = {"AUTOSCALE_KEEPALIVE": "1"}  # seconds before an idle process goes

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import late
        cls.late = late

    def start(self, *flags):
        """A worker that holds as many tasks as it has processes."""
        self.gate = self._testMethodName
        self.worker(self.gate, "-Q", self.gate, "--prefetch-multiplier=1", "--without-mingle", "--without-gossip", *flags)
        self.destination = [f"{self.gate}@test"]
        self.told = {"destination": self.destination, "reply": True, "timeout": 20}

    def publish(self):
        """Tasks that all wait at one gate."""
        for _ in range(TASKS):
            self.late.hold.apply_async((self.gate,), queue=self.gate)

    def waiting(self):
        """How many tasks the broker has not given to the worker."""
        with self.late.tasks.connection_for_write() as connection:
            return connection.default_channel.queue_declare(self.gate, passive=True).message_count

    def wait_held(self, count):
        """So many run at the same time, each in a process of its own, and the broker keeps the others."""
        self.wait_lines(f"{self.gate}.runs", count)
        wait_until(lambda: self.waiting() == TASKS - count, f"the broker keeps {TASKS - count} tasks", 40)
        self.assertEqual(count, len({line.split()[1] for line in self.lines(f"{self.gate}.runs")}))

    def stats(self):
        return self.late.tasks.control.inspect(self.destination, timeout=20).stats()[self.destination[0]]

    def processes(self):
        return len(self.stats()["pool"]["processes"])

    def let_all_run(self):
        self.open_gate(self.gate)
        self.wait_lines(f"{self.gate}.ends", TASKS)
        self.assertEqual(0, self.waiting())

    def test_pool_grows_with_the_work_and_shrinks_without(self):
        self.start("--autoscale=4,1")
        self.publish()
        self.wait_held(4)

        self.late.tasks.control.autoscale(7, 1, **self.told)
        self.wait_held(7)
        self.let_all_run()

        wait_until(lambda: self.processes() == 1, "one process is left", 60)

    def test_prefetch_follows_a_pool_that_is_told_to_grow(self):
        self.start("--concurrency=2")
        self.publish()
        self.wait_held(2)

        self.late.tasks.control.pool_grow(3, **self.told)
        self.wait_held(5)

        self.let_all_run()

    def test_prefetch_follows_a_pool_that_is_told_to_shrink(self):
        self.start("--concurrency=3")

        self.late.tasks.control.pool_shrink(2, **self.told)
        # A turn of the worker's loop begins with telling the broker. The first answer may still come from the turn that
        # shrank the pool, the second does not.
        for _ in range(2):
            self.assertEqual(1, self.stats()["prefetch_count"])
        self.publish()

        self.wait_held(1)
        self.let_all_run()
