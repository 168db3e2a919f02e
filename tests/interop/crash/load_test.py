"""The broker is killed again and again while `varve bench` publishes, consumes and checks."""

import json
import os
import pathlib
import random
import signal
import subprocess

import broker
from pika import exceptions
from pika_case import PikaCase

LIVES = 50
QUEUES = 4
OWN_MESSAGES_MAX = 100  # of a life, published by the test itself: when its random number is confirmed, the broker dies


class Load(PikaCase):
    limit_s = 280

    def start_load(self):
        program = os.environ.get("VARVE", str(broker.ROOT / "build/release/varve"))
        self.load_errors = pathlib.Path(self.broker.folder, "load-stderr")
        with open(self.load_errors, "wb") as errors:
            load = subprocess.Popen(
                [program, "bench", "--uri", f"amqp://guest:guest@{self.broker.host}:{self.broker.port}/%2F",
                 "--reconnect", "--confirm=50", "--prefetch=100", "--publishers=3", "--consumers=3",
                 f"--queues={QUEUES}", "--size=200", "--rate=3000", "--duration=1h", "--drain=60s", "--output=json"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                preexec_fn=broker.die_with_parent)
        self.addCleanup(load.stdout.close)
        self.addCleanup(load.wait)
        self.addCleanup(load.kill)
        return load

    def wait_consumed(self, channel, load):
        """Until every queue of the load has a consumer: then it is at work again."""
        def consumed(number):
            self.assertIsNone(load.poll(), self.load_errors.read_text())
            try:
                declared = channel.connection.channel().queue_declare(f"varve-bench-{number}", passive=True)
            except exceptions.ChannelClosedByBroker as closed:
                self.assertEqual(404, closed.reply_code)  # the load has not come to its declaration yet
                return False
            return declared.method.consumer_count > 0
        for number in range(QUEUES):
            self.wait_for(channel, lambda: consumed(number), f"a consumer of varve-bench-{number}", 30)

    def test_nothing_confirmed_is_lost_however_often_the_broker_is_killed(self):
        self.needs_restart()
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        queue = self.unique("own")
        self.channel().queue_declare(queue, durable=True)
        load, published = self.start_load(), []

        with self.subTest(seed=seed):
            for life in range(LIVES):
                channel = self.channel()
                self.wait_consumed(channel, load)
                for number in range(chance.randint(1, OWN_MESSAGES_MAX)):
                    published.append(f"{life}.{number}".encode())
                    self.publish(channel, queue, published[-1], delivery_mode=2)
                self.broker.kill()
                self.broker.start()
            channel = self.channel()
            self.wait_consumed(channel, load)
            load.send_signal(signal.SIGINT)  # stop publishing, take what is on its way, report
            output, _ = load.communicate(timeout=90)

            self.assertEqual(published, self.get_all(channel, queue))
            report = json.loads(output)
            faults = {name: found for name, found in report["findings"].items() if found["count"]}
            self.assertEqual({}, faults)
            self.assertEqual((True, 0), (report["passed"], load.returncode), output)
            self.assertGreaterEqual(report["reconnects"], LIVES)
            print(f"{report['confirmed']} confirmed, {report['redelivered']} redelivered")
