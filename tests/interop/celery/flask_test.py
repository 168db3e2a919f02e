"""A Flask application hands tasks to a Celery worker, both started the way the tutorials do."""

import json
import pathlib
import re
import subprocess
import sys
import urllib.request

import broker
from celery_case import APPS, CeleryCase
from waiting import wait_until


class FlaskApplication(CeleryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.class_worker("one", "--concurrency=2")

    def setUp(self):
        """Serves the application without threads: the rpc:// results belong to the thread that asked for them."""
        said = pathlib.Path(self.folder, "flask.out")
        with open(said, "wb") as output:
            server = subprocess.Popen(
                [sys.executable, "-s", "-m", "flask", "--app", "web:web", "run", "--port=0", "--without-threads"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=APPS, env=self.environment,
                preexec_fn=broker.die_with_parent)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.address = wait_until(lambda: re.search(r"http://127.0.0.1:\d+", said.read_text()), "Flask").group()

    def ask(self, method, path):
        request = urllib.request.Request(self.address + path, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def sum(self, x, y):
        task_id = self.ask("POST", f"/sum/{x}/{y}")["id"]
        return wait_until(
            lambda: (found := self.ask("GET", f"/result/{task_id}"))["state"] == "SUCCESS" and found, "the result")

    def test_result_reaches_the_view_that_asks_for_it(self):
        self.assertEqual({"state": "SUCCESS", "value": 42}, self.sum(2, 40))

    def test_application_and_worker_go_on_after_the_broker_restarted(self):
        self.needs_restart()
        self.sum(1, 2)

        self.broker.restart()

        self.assertEqual({"state": "SUCCESS", "value": 7}, self.sum(3, 4))
