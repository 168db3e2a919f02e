"""Queues that a worker shares with nobody, or with all."""

import amqp
from celery.utils.nodenames import worker_direct

from celery_case import CeleryCase
from waiting import wait_until


class SpecialQueues(CeleryCase):
    application = "canvas:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import canvas
        cls.tasks = canvas

    def quiet_worker(self, name, queue):
        return self.worker(name, "-Q", queue, "--concurrency=1", "--without-mingle", "--without-gossip")

    def is_there(self, queue):
        with self.tasks.tasks.connection_for_write() as connection:
            try:
                connection.default_channel.queue_declare(queue, passive=True)
            except amqp.NotFound:
                return False
            except amqp.ResourceLocked:
                return True
            return True

    def test_broadcast_reaches_every_worker_once(self):
        for name in ("north", "south", "west"):
            self.quiet_worker(name, "everybody")

        for number in range(5):
            self.tasks.write.apply_async(("broadcast", number), queue="everybody")

        self.assertEqual(
            sorted(f"{number} {name}@test" for name in ("north", "south", "west") for number in range(5)),
            sorted(self.wait_lines("broadcast", 15)))

    def test_auto_delete_queue_goes_with_its_worker(self):
        worker = self.quiet_worker("passing", "brief")
        self.tasks.write.apply_async(("brief", 1), queue="brief")
        self.wait_lines("brief", 1)
        self.assertTrue(self.is_there("brief"))

        # Its end is not waited for: a warm shutdown of Celery 5.2 may hang when a task is just done.
        worker.process.terminate()

        wait_until(lambda: not self.is_there("brief"), "the queue is gone", 40)

    def test_exclusive_queue_goes_with_its_worker_even_if_that_is_killed(self):
        worker = self.quiet_worker("hermit", "own")
        self.tasks.write.apply_async(("own", 1), exchange="own", routing_key="own", declare=[])
        self.wait_lines("own", 1)
        self.assertTrue(self.is_there("own"))

        worker.kill()

        wait_until(lambda: not self.is_there("own"), "the queue is gone", 40)
        self.quiet_worker("hermit", "own")
        self.tasks.write.apply_async(("own", 2), exchange="own", routing_key="own", declare=[])
        self.assertEqual(["1 hermit@test", "2 hermit@test"], self.wait_lines("own", 2))

    def test_task_can_be_sent_to_one_worker(self):
        for name in ("left", "right"):
            self.quiet_worker(name, "canvas")

        for number in range(6):
            self.tasks.write.apply_async(("direct", number), queue=worker_direct("right@test"))

        self.assertEqual([f"{number} right@test" for number in range(6)], self.wait_lines("direct", 6))
