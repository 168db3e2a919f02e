"""Remote control while another queue of the broker moves all it can: control messages do not queue behind bulk."""

import json
import os
import signal
import statistics
import subprocess
import time

import amqp
import broker
from celery_case import CeleryCase
from waiting import wait_until

RATE = 50000
ROUNDS = 200
# What Celery waits for answers unless told otherwise. A figure for a quiet machine is in bench/results; this one is
# shared with the load and with whatever else runs there.
LIMIT_S = 1


class Load:
    """`varve bench`, which publishes RATE messages a second to a queue of its own and consumes them, until stop()."""

    def __init__(self, case):
        program = os.environ.get("VARVE", str(broker.ROOT / "build/release/varve"))
        self.process = subprocess.Popen(
            [program, "bench", "--uri", f"amqp://guest:guest@{case.broker.host}:{case.broker.port}/%2f",
             "--rate", str(RATE), "--duration", "300s", "--ack-every", "100", "-o", "json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=broker.die_with_parent)
        case.addCleanup(self.kill)

    def stop(self):
        """What it moved, and whether all that was published came."""
        self.process.send_signal(signal.SIGINT)
        return json.loads(self.process.communicate(timeout=120)[0])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class BusyBroker(CeleryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import web
        cls.app = web.tasks
        cls.class_worker("one", "--concurrency=1", "--without-gossip", "--without-mingle")

    def load_runs(self):
        """Whether its queue is there and consumed."""
        with self.app.connection_for_write() as connection:
            try:
                return connection.channel().queue_declare("varve-bench-0", passive=True).consumer_count == 1
            except amqp.NotFound:
                return False

    def test_remote_control_answers_while_another_queue_moves_fifty_thousand_a_second(self):
        load = Load(self)
        wait_until(self.load_runs, "the load")
        inspect = self.app.control.inspect(["one@test"], timeout=20)

        seconds = {"ping": [], "stats": [], "active": []}
        for _ in range(ROUNDS):
            for command, took in seconds.items():
                begin = time.monotonic()
                answer = getattr(inspect, command)()
                took.append(time.monotonic() - begin)
                self.assertIn("one@test", answer or {})
        moved = load.stop()

        self.assertTrue(moved["passed"], moved["findings"])
        print(f"beside {moved['deliver']['messages_per_second']:.0f} messages/s")
        for command, took in seconds.items():
            print(f"{command}: median {1000 * statistics.median(took):.1f} ms, "
                  f"99 % {1000 * sorted(took)[ROUNDS * 99 // 100]:.1f} ms, most {1000 * max(took):.1f} ms")
            self.assertLess(statistics.median(took), LIMIT_S)
