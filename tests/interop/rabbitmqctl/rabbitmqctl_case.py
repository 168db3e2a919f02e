"""What the tests of rabbitmqctl share: the program against their own broker."""

import json
import os
import subprocess

from pika_case import PikaCase

VARVE = os.environ["VARVE"]


class RabbitmqctlCase(PikaCase):
    def ctl(self, *words, status=0, stdin=None):
        """Runs the command; returns what it printed."""
        done = subprocess.run(
            [VARVE, "rabbitmqctl", "--data-dir", self.broker.data_dir, *words],
            input=stdin, capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def rows(self, *words):
        return json.loads(self.ctl(*words, "--formatter", "json"))
