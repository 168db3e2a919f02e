"""docs/coming-from-rabbitmq.md, typed as it stands there."""

import os
import pathlib
import re
import subprocess
import tempfile

import pika

from broker import OwnBroker
from rabbitmqctl_case import VARVE, RabbitmqctlCase

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/coming-from-rabbitmq.md"


def blocks(language):
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGE.read_text(), re.M | re.S)


class Coming(RabbitmqctlCase):
    def typed(self, block):
        """Runs a block in a shell that ends at the first line that fails; returns what it printed."""
        script = f'set -e\nvarve() {{ "{VARVE}" "$@"; }}\n' + block.replace("5672", str(self.broker.port))
        done = subprocess.run(
            ["bash", "-c", script], env={**os.environ, "VARVE_DATA_DIR": self.broker.data_dir}, capture_output=True,
            text=True, timeout=30, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def test_commands_of_the_page_make_a_vhost_that_works(self):
        accounts, queue, health = blocks("sh")
        self.typed(accounts)
        self.typed(queue)
        channel = self.connect(
            virtual_host="shop", credentials=pika.PlainCredentials("web", "s3cret")).channel()
        channel.confirm_delivery()

        self.publish(channel, "orders", b"m", delivery_mode=2)

        self.assertIn("orders\t1\t0", self.typed(health))

    def test_configuration_of_the_page_starts_a_broker(self):
        configuration, = blocks("conf")
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(configuration)
            file.flush()
            broker = OwnBroker("--config", file.name)
            self.addCleanup(broker.close)

        connection = pika.BlockingConnection(pika.ConnectionParameters(
            "127.0.0.1", broker.port, heartbeat=lambda _, offered: offered))
        self.addCleanup(connection.close)

        self.assertEqual(30, connection._impl.params.heartbeat)
