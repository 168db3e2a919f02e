"""Celery's smaller tools: `celery amqp`, `call`, `migrate`, `worker --purge`; and `celery beat`."""

import subprocess

import broker
from celery_case import APPS, CeleryCase
from waiting import wait_until


class Tools(CeleryCase):
    application = "tools:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import tools
        cls.tools = tools

    def quiet_worker(self, name, *flags):
        return self.worker(name, "--concurrency=1", "--without-mingle", "--without-gossip", *flags)

    def waiting(self, queue, url=None):
        with self.tools.tasks.connection_for_write(url) as connection:
            return connection.default_channel.queue_declare(queue, passive=True).message_count

    def amqp(self, *arguments):
        return self.command("amqp", *arguments)

    def test_amqp_shell_declares_publishes_gets_and_deletes(self):
        self.assertIn("OK", self.amqp("exchange.declare", "shell", "direct", "false", "true"))
        self.assertIn("messages:0 consumers:0", self.amqp("queue.declare", "shell.queue", "false", "true"))
        self.assertIn("OK", self.amqp("queue.bind", "shell.queue", "shell", "key"))
        for text in ("first", "second", "third"):
            self.assertIn("OK", self.amqp("basic.publish", text, "shell", "key"))

        self.assertIn("first", self.amqp("basic.get", "shell.queue", "true"))
        self.assertIn("2 messages deleted", self.amqp("queue.purge", "shell.queue"))
        self.assertIn("0 messages deleted", self.amqp("queue.delete", "shell.queue"))
        self.assertNotIn("OK", self.amqp("queue.declare", "shell.queue", "true"))  # It asks for a queue that is gone.
        self.assertIn("OK", self.amqp("exchange.delete", "shell", "false"))

    def test_call_sends_a_task_by_name(self):
        self.quiet_worker("called", "-Q", "calls")

        self.command("call", "tools.write", "--args", '["called", "7"]', "--queue", "calls")

        self.assertEqual(["7"], self.wait_lines("called", 1))

    def test_worker_that_purges_begins_with_nothing(self):
        for number in range(5):
            self.tools.write.apply_async(("purged", "old"), queue="calls")

        self.quiet_worker("tidy", "-Q", "calls", "--purge")
        self.tools.write.apply_async(("purged", "new"), queue="calls")

        self.assertEqual(["new"], self.wait_lines("purged", 1))

    def test_tasks_migrate_to_another_broker(self):
        self.needs_restart()
        other = broker.start_broker()
        self.addCleanup(other.close)
        there = f"amqp://guest:guest@{other.host}:{other.port}//"
        for number in range(7):
            self.tools.write.apply_async(("migrated", number), queue="moving")

        self.command("migrate", self.environment["CELERY_BROKER_URL"], there, "--timeout", "3", "-a", "-Q", "moving")

        self.assertEqual((0, 7), (self.waiting("moving"), self.waiting("moving", there)))

    def test_beat_goes_on_after_the_broker_was_killed(self):
        self.needs_restart()
        self.quiet_worker("clockwork", "-Q", "ticks")
        with open(self.folder + "/beat.out", "wb") as output:
            beat = subprocess.Popen(
                self.celery("beat", "--schedule", self.folder + "/beat.schedule", "--loglevel=INFO"),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=APPS, env=self.environment,
                preexec_fn=broker.die_with_parent)
        self.addCleanup(beat.wait)
        self.addCleanup(beat.kill)
        self.wait_lines("ticks", 3)

        self.broker.kill()
        before = len(self.lines("ticks"))
        self.broker.start()

        wait_until(lambda: len(self.lines("ticks")) >= before + 5, "the clock goes on", 60)
