"""Tasks that must not run for ever, or not at all: they are dead letters, with the reason."""

from celery_case import CeleryCase
from waiting import wait_until


class DeadLetters(CeleryCase):
    application = "poison:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import poison
        cls.poison = poison
        with poison.tasks.connection_for_write() as connection:
            poison.tasks.amqp.queues["grave"](connection).declare()

    def take(self, queue):
        """The next message of the queue, or none."""
        with self.poison.tasks.connection_for_write() as connection:
            return self.poison.tasks.amqp.queues[queue](connection).get(no_ack=True)

    def assert_buried(self, task, queue, reason):
        """The task lies in the grave alone, and tells from where it came and why."""
        message = wait_until(lambda: self.take("grave"), f"{task.id} in the grave", 40)
        self.assertEqual(task.id, message.headers["id"])
        death = message.headers["x-death"][0]
        self.assertEqual((queue, reason, 1), (death["queue"], death["reason"], death["count"]))
        self.assertIsNone(self.take("grave"))

    def quiet_worker(self, name, queue):
        return self.worker(name, "-Q", queue, "--concurrency=1", "--without-mingle", "--without-gossip")

    def test_task_that_kills_its_process_is_buried_when_it_came_back_too_often(self):
        self.quiet_worker("victim", "guarded")

        deadly = self.poison.kill_the_process.apply_async(("deadly",), queue="guarded")

        self.assert_buried(deadly, "guarded", "delivery_limit")
        self.assertEqual(1 + self.poison.RETURNS_MAX, len(self.lines("deadly")))
        self.poison.write.apply_async(("after", "alive"), queue="guarded")
        self.assertEqual(["alive"], self.wait_lines("after", 1))

    def test_task_that_is_rejected_is_buried_at_once(self):
        self.quiet_worker("proud", "work")

        rejected = self.poison.reject.delay("rejected")

        self.assert_buried(rejected, "work", "rejected")
        self.assertEqual(["begun"], self.lines("rejected"))

    def test_task_that_nobody_took_in_its_time_is_buried(self):
        expired = self.poison.write.apply_async(("expired", 1), expires=0.5)

        self.assert_buried(expired, "work", "expired")
        self.assertEqual([], self.lines("expired"))
