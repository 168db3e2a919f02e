"""Two brokers in a list: worker and publisher go over to the one that lives, and back."""

import os

import broker
from celery_case import CeleryCase
from waiting import wait_until


class Failover(CeleryCase):
    application = "late:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.broker.can_restart:
            return
        cls.second = broker.start_broker()
        cls.addClassCleanup(cls.second.close)
        # Celery prefers the variable, which holds one address, to its own setting, which is a list.
        del os.environ["CELERY_BROKER_URL"]
        os.environ["BROKER_URLS"] = " ".join(f"amqp://guest:guest@{at.host}:{at.port}//" for at in (cls.broker, cls.second))
        cls.environment = dict(os.environ)
        import late
        cls.late = late

    def publish(self, text):
        """Returns when a broker has confirmed it."""
        self.late.write.delay("ran", text)

    def wait_ran(self, *texts):
        """One after the other; a broker that dies before it has the acknowledgement gives a task out again."""
        def ran():
            return list(dict.fromkeys(line.rsplit(" ", 1)[0] for line in self.lines("ran")))
        wait_until(lambda: len(ran()) == len(texts), f"these ran: {texts}", 60)
        self.assertEqual(list(texts), ran())

    def unserved(self, at):
        """How many tasks wait there in the queue that no worker serves."""
        with self.late.tasks.connection_for_write(f"amqp://guest:guest@{at.host}:{at.port}//") as connection:
            return connection.default_channel.queue_declare("unserved", durable=True, auto_delete=False).message_count

    def wait_connected(self, at, times):
        line = f"Connected to amqp://guest:**@{at.host}:{at.port}//"
        wait_until(lambda: self.serving.said().count(line) == times, line, 60)

    def test_worker_and_publisher_go_over_to_the_second_broker_and_back(self):
        self.needs_restart()
        self.serving = self.worker("one", "--concurrency=1", "--without-mingle", "--without-gossip")
        self.late.write.apply_async(("ran", "never"), queue="unserved")
        self.publish("on the first")
        self.wait_ran("on the first")

        self.assertEqual(0, self.broker.stop())
        self.publish("on the second")
        self.wait_ran("on the first", "on the second")
        self.wait_connected(self.second, 1)
        self.assertIn("Will retry using next failover.", self.serving.said())

        self.broker.start()
        self.second.kill()
        self.publish("on the first again")
        self.wait_ran("on the first", "on the second", "on the first again")
        self.wait_connected(self.broker, 2)

        self.second.start()
        self.broker.kill()
        self.publish("on the second again")
        self.wait_ran("on the first", "on the second", "on the first again", "on the second again")
        self.broker.start()
        self.assertEqual((1, 0), (self.unserved(self.broker), self.unserved(self.second)))
