"""The null broker hands every message on as it came, which `varve bench` checks: a ceiling that loses does not count."""

import json
import os
import re
import socket
import subprocess
import unittest


class NullBroker(unittest.TestCase):
    def setUp(self):
        self.process = subprocess.Popen([os.environ["NULL_BROKER"]], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.port = int(re.search(r"ready amqp=127\.0\.0\.1:(\d+)", self.process.stdout.readline()).group(1))

    def bench(self, *arguments):
        done = subprocess.run(
            [os.environ["VARVE"], "bench", "--uri", f"amqp://127.0.0.1:{self.port}", "-o", "json", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def test_every_message_is_confirmed_and_comes_to_the_consumer_of_its_queue(self):
        report = self.bench("--count", "20000", "--size", "100", "--confirm", "1000", "--queues", "7",
                            "--publishers", "3", "--consumers", "2")

        self.assertEqual((20000, 20000), (report["confirmed"], report["received"]))

    def test_publishers_whose_messages_take_several_frames_and_reads_do_not_mix(self):
        report = self.bench("--count", "300", "--size", "700000", "--confirm", "10", "--publishers", "3")

        self.assertEqual(300, report["received"])

    def test_a_fanout_reaches_every_bound_queue(self):
        report = self.bench("--count", "1000", "--exchange", "fanout", "--queues", "4", "--consumers", "4",
                            "--confirm", "100")

        self.assertEqual(4000, report["received"])

    def test_without_confirms_and_acks_everything_comes(self):
        report = self.bench("--count", "100000", "--size", "4096", "--transient", "--auto-ack")

        self.assertEqual(100000, report["received"])

    def test_a_peer_that_does_not_speak_amqp_is_closed_and_others_go_on(self):
        with socket.create_connection(("127.0.0.1", self.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            self.assertEqual(b"", stranger.recv(100))

        self.assertTrue(self.bench("--count", "100", "--confirm", "10")["passed"])


if __name__ == "__main__":
    unittest.main()
