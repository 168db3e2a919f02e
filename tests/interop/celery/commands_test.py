"""`celery status`, `inspect`, `control`, `purge`, `events`: what operators type."""

import subprocess

import broker
from celery_case import APPS, CeleryCase
from waiting import wait_until


class Commands(CeleryCase):
    def setUp(self):
        self.serving = self.worker("one", "--concurrency=1", "--task-events")

    def control(self, *arguments):
        """A command that every worker answers; asks for longer than the default second, for slow machines."""
        return self.command(*arguments[:1], "--timeout=5", "--destination=one@test", *arguments[1:])

    def test_status_lists_the_worker(self):
        self.assertIn("one@test: OK", self.control("status"))

    def test_inspect_answers(self):
        self.assertIn("web.add", self.control("inspect", "registered"))
        self.assertIn("empty", self.control("inspect", "active"))
        self.assertIn("'prefetch_count': 4", self.control("inspect", "stats").replace('"', "'"))
        queues = self.control("inspect", "active_queues")
        for queue in ("celery", "reports", "mail", "urgent"):
            self.assertIn(queue, queues)

    def test_control_changes_the_running_worker(self):
        self.assertIn("OK", self.control("control", "rate_limit", "web.add", "10/m"))
        self.assertIn("add consumer", self.control("control", "add_consumer", "extra"))
        self.assertIn("extra", self.control("inspect", "active_queues"))
        self.assertIn("OK", self.control("control", "cancel_consumer", "extra"))
        self.assertNotIn("extra", self.control("inspect", "active_queues"))
        self.assertIn("OK", self.control("control", "pool_grow", "1"))

    def test_shutdown_ends_the_worker(self):
        self.command("control", "--timeout=1", "--destination=one@test", "shutdown", status=69)

        self.assertEqual(0, self.serving.process.wait(30))

    def test_events_are_shown_as_they_happen(self):
        import web
        with open(self.folder + "/events", "wb") as output:
            watcher = subprocess.Popen(
                self.celery("events", "--dump"), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, cwd=APPS, env=self.environment, preexec_fn=broker.die_with_parent)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        wait_until(lambda: "heartbeat" in "".join(self.lines("events")), "a heartbeat of the worker")

        web.add.delay(1, 2)

        for event in ("task received", "task started", "task succeeded"):
            wait_until(lambda: event in "\n".join(self.lines("events")).replace("-", " "), event)
