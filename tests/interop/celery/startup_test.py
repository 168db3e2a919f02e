"""Workers and publishers that find no broker, or one that does not let them in: they wait, or say why not."""

import amqp

from celery_case import CeleryCase, Worker
from waiting import wait_until

QUIET = ("--concurrency=1", "--without-mingle", "--without-gossip")


class Startup(CeleryCase):
    application = "late:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import late
        cls.late = late

    def address(self, login="guest:guest", vhost="/"):
        return f"amqp://{login}@{self.broker.host}:{self.broker.port}/{vhost}"

    def start(self, name, url):
        """A worker that need not become ready."""
        self.environment = {**type(self).environment, "CELERY_BROKER_URL": url}
        worker = Worker(self, name, *QUIET)
        self.addCleanup(worker.kill)
        return worker

    def refused(self, kind, url):
        """What a publisher is told."""
        with self.late.tasks.connection_for_write(url) as connection, self.assertRaises(kind) as caught:
            connection.ensure_connection(max_retries=1)
        return str(caught.exception)

    def test_worker_waits_for_the_broker_to_be_started(self):
        self.needs_restart()
        self.broker.kill()
        worker = self.start("early", self.address())
        wait_until(lambda: "Trying again in" in worker.said(), "the worker meets nobody", 40)

        self.broker.start()
        self.late.write.delay("early", "bird")

        worker.wait_ready()
        self.assertEqual(["bird new"], self.wait_lines("early", 1))

    def test_wrong_password_is_told_and_ends_the_worker(self):
        why = "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN"
        worker = self.start("stranger", self.address("guest:wrong"))

        worker.process.wait(40)
        self.assertIn(why, worker.said())
        self.assertIn(why, self.refused(amqp.AccessRefused, self.address("guest:wrong")))

    def test_unknown_vhost_is_told(self):
        worker = self.start("lost", self.address(vhost="nowhere"))

        wait_until(lambda: "vhost nowhere not found" in worker.said(), "the reason", 40)
        self.assertIn("vhost nowhere not found", self.refused(amqp.NotAllowed, self.address(vhost="nowhere")))
