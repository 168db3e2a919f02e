"""`worker_deduplicate_successful_tasks` believes the broker: only what comes as redelivered is looked up."""

from celery_case import CeleryCase
from waiting import wait_until


class Deduplication(CeleryCase):
    application = "canvas:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import canvas
        cls.tasks = canvas

    def test_task_done_while_the_broker_was_dead_does_not_run_again(self):
        self.needs_restart()
        worker = self.worker("one", "-Q", "canvas", "--concurrency=1", "--without-mingle", "--without-gossip")
        held = self.tasks.hold_late.delay("once")
        self.wait_lines("once.runs", 1)

        self.broker.kill()
        self.broker.start()
        wait_until(lambda: worker.said().count(f"hold_late[{held.id}] received") == 2, "it comes again", 60)
        self.open_gate("once")

        wait_until(lambda: "Task already completed successfully" in worker.said(), "it is not run again", 60)
        self.assertEqual(["begun"], self.lines("once.runs"))
        self.assertEqual("SUCCESS", held.state)
