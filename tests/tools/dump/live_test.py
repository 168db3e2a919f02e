"""`varve dump`, `stat` and `verify` while a broker works in the directory: what was confirmed before they began is there,
and nothing is taken for damage. The load moves checkpoints and the recycling of journal files along."""

import contextlib
import datetime
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time
import unittest

from tool_case import DONE, INTERRUPTED, SAMPLE_DIRECTORY, VARVE, ToolCase, environment

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "interop" / "support"))

TIMEOUT_S = 60


def instant(text):
    """Seconds since 1970 of a time as the tools print it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Follower:
    """A `varve dump --follow` and the messages it has printed so far."""

    def __init__(self, directory, *arguments):
        self.process = subprocess.Popen(
            [VARVE, "dump", "-D", directory, "-o", "jsonl", "--follow", *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment())
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def next(self):
        line = self.lines.get(timeout=TIMEOUT_S)
        return None if line is None else json.loads(line)

    def rest(self):
        return list(iter(self.next, None))

    def stop(self):
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(TIMEOUT_S)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


class EngineAtWork(ToolCase):
    """The engine alone, with a journal of 1 MiB files: a checkpoint for every 512 KiB."""

    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        self.writer = subprocess.Popen(
            [SAMPLE_DIRECTORY, "write", self.data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop_writer)
        self.confirmed = 0
        self.wait_confirmed(100)
        self.reader = threading.Thread(target=self.read_confirmed, daemon=True)
        self.reader.start()

    def wait_confirmed(self, count):
        while self.confirmed < count:
            self.confirmed = int(self.writer.stdout.readline())

    def read_confirmed(self):
        for line in self.writer.stdout:
            self.confirmed = int(line)

    def stop_writer(self):
        self.writer.stdin.close()
        self.assertEqual(0, self.writer.wait(TIMEOUT_S))
        self.reader.join()
        self.writer.stdout.close()

    def test_everything_confirmed_before_is_shown_and_nothing_is_damaged(self):
        deadline = time.monotonic() + 8
        rounds = 0
        while time.monotonic() < deadline or rounds < 5:
            before = self.confirmed
            bodies = [message["payload"] for message in self.messages(self.data, "-q", "busy")]
            self.assertEqual([f"message {i}" for i in range(len(bodies))], bodies)
            self.assertGreaterEqual(len(bodies), before)
            stat = json.loads(self.text("stat", "-D", self.data, "-o", "json"))
            self.assertTrue(stat["in_use"])
            self.assertGreaterEqual(stat["queues"][0]["end"], before)
            self.assertEqual([], json.loads(self.text("verify", "-D", self.data, "-o", "json"))["damages"])
            self.text("dump", "-D", self.data, "--journal")
            rounds += 1


try:
    import broker
    import pika
except ImportError:
    pika = None


@unittest.skipUnless(pika and os.environ.get("VARVED"), "needs varved ($VARVED) and pika")
class BrokerAtWork(ToolCase):
    FILLER = bytes(range(256)) * 400  # 100 KiB: 650 of them fill a file of the journal, and force a checkpoint
    FILLED = 1600

    def setUp(self):
        super().setUp()
        self.broker = broker.OwnBroker("--disk-free-limit", "0")
        self.addCleanup(self.broker.close)
        self.data = pathlib.Path(self.broker.folder, "data")
        self.confirmed = 0
        self.begun = threading.Event()

    def connection(self):
        connection = pika.BlockingConnection(
            pika.ConnectionParameters(self.broker.host, self.broker.port, heartbeat=0, blocked_connection_timeout=60))
        self.addCleanup(self.close_quietly, connection)
        return connection

    @staticmethod
    def close_quietly(connection):
        with contextlib.suppress(pika.exceptions.AMQPError):  # the broker may have been killed
            connection.close()

    def channel(self):
        channel = self.connection().channel()
        channel.confirm_delivery()
        channel.queue_declare("marks", durable=True)
        return channel

    @staticmethod
    def publish(channel, name, body):
        channel.basic_publish("", name, body, pika.BasicProperties(delivery_mode=2))

    def publish_load(self, stop):
        """A small message for every ten large ones; half of the large ones are taken and acknowledged."""
        channel = self.channel()
        for name in ("filler", "worked"):
            channel.queue_declare(name, durable=True)
        for i in range(self.FILLED):
            self.publish(channel, "worked" if i % 2 else "filler", self.FILLER)
            if i % 2:
                channel.basic_ack(channel.basic_get("worked")[0].delivery_tag)
            if i % 10 == 9:
                self.publish(channel, "marks", f"mark {self.confirmed}")
                self.confirmed += 1
                self.begun.set()
            if stop.is_set():
                return

    @contextlib.contextmanager
    def load(self):
        failures = []
        stop = threading.Event()

        def work():
            try:
                self.publish_load(stop)
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield thread
        except BaseException:
            stop.set()
            raise
        finally:
            thread.join()
        self.assertEqual([], failures)

    def look(self):
        before = self.confirmed
        marks = [message["payload"] for message in self.messages(self.data, "-q", "marks")]
        self.assertEqual([f"mark {i}" for i in range(len(marks))], marks)
        self.assertGreaterEqual(len(marks), before)
        stat = json.loads(self.text("stat", "-D", self.data, "-o", "json"))
        self.assertTrue(stat["in_use"])
        ends = {found["queue"]: found["end"] for found in stat["queues"]}
        self.assertGreaterEqual(ends["marks"], before)
        verified = json.loads(self.text("verify", "-D", self.data, "-o", "json"))
        self.assertEqual([], verified["damages"])
        self.assertGreaterEqual(verified["messages"], before)
        self.text("dump", "-D", self.data, "--journal", "-n", "100")

    def test_what_a_delayed_exchange_holds_is_one_line_and_each_message_says_when_it_is_due(self):
        channel = self.channel()
        channel.exchange_declare("later", "x-delayed-message", durable=True, arguments={"x-delayed-type": "fanout"})
        for delay in (60_000, 3_600_000):
            channel.basic_publish("later", "", b"m", pika.BasicProperties(delivery_mode=2, headers={"x-delay": delay}))

        queues = json.loads(self.text("stat", "-D", self.data, "-o", "json"))["queues"]
        self.assertEqual(
            [("delayed", 2)], [(q["type"], q["ready"]) for q in queues if q["queue"] == "amq.delayed.later"])
        self.assertEqual(1, self.text("stat", "-D", self.data).count("amq.delayed.later"))
        messages = self.messages(self.data, "-q", "amq.delayed.later")
        waits = sorted(instant(message["due"]) - instant(message["ts"]) for message in messages)
        self.assertEqual([60, 3600], waits)
        self.assertIn("due=", self.text("dump", "-D", self.data, "-q", "amq.delayed.later", "-o", "text"))

    def test_everything_confirmed_before_is_shown_and_nothing_is_damaged(self):
        self.channel()
        first_file = min(path.name for path in self.data.joinpath("journal").iterdir())
        with self.load() as thread:
            self.assertTrue(self.begun.wait(TIMEOUT_S))
            while thread.is_alive():
                self.look()
        self.look()

        names = {path.name for path in self.data.joinpath("journal").iterdir()}
        self.assertNotIn(first_file, names, "the load was too small to recycle the journal")
        self.assertEqual(self.FILLED // 2, self.count("filler"))

    def count(self, name):
        return json.loads(self.text("stat", "-D", self.data, "-q", name, "-o", "json"))["queues"][0]["ready"]

    def test_follow_shows_new_messages_as_they_are_confirmed(self):
        channel = self.channel()
        self.publish(channel, "marks", "before")
        follower = Follower(self.data, "-q", "marks", "--offset", "0..")
        self.addCleanup(follower.close)
        self.assertEqual("before", follower.next()["payload"])

        for i in range(50):
            self.publish(channel, "marks", f"mark {i}")
            shown = follower.next()
            self.assertEqual((f"mark {i}", i + 1), (shown["payload"], shown["offset"]))
        self.assertEqual(51, channel.queue_declare("marks", passive=True).method.message_count, "nothing is consumed")

        self.assertEqual(INTERRUPTED, follower.stop())
        self.assertEqual([], follower.rest())
        self.assertEqual(b"", follower.process.stderr.read())

    def test_follow_goes_on_over_checkpoints_and_recycled_files(self):
        self.channel()
        follower = Follower(self.data, "-q", "marks", "--offset", "0..")
        self.addCleanup(follower.close)
        with self.load():
            pass

        shown = [follower.next()["payload"] for _ in range(self.confirmed)]
        self.assertEqual([f"mark {i}" for i in range(self.confirmed)], shown)
        self.assertEqual(INTERRUPTED, follower.stop())
        self.assertEqual([], follower.rest())

    def test_follow_waits_for_a_queue_that_is_declared_later(self):
        follower = Follower(self.data, "-q", "later")
        self.addCleanup(follower.close)
        self.assertIn(b"waiting for it", follower.process.stderr.readline())

        channel = self.connection().channel()
        channel.confirm_delivery()
        channel.queue_declare("later", durable=True)
        self.publish(channel, "later", "hello")

        self.assertEqual("hello", follower.next()["payload"])

    def test_follow_goes_on_when_the_broker_is_killed_and_started_again(self):
        channel = self.channel()
        follower = Follower(self.data, "-q", "marks", "--offset", "0..")
        self.addCleanup(follower.close)
        self.publish(channel, "marks", "before")
        self.assertEqual("before", follower.next()["payload"])

        self.broker.kill()
        self.broker.start()
        self.publish(self.channel(), "marks", "after")

        self.assertEqual("after", follower.next()["payload"])

    def test_follow_ends_when_nobody_reads_any_more(self):
        self.channel()
        reader, writer = os.pipe()
        process = subprocess.Popen(
            [VARVE, "dump", "-D", self.data, "-q", "marks", "--follow"], stdout=writer, stderr=subprocess.PIPE,
            env=environment())
        os.close(writer)
        os.close(reader)
        with process.stderr:
            self.assertNotEqual(DONE, process.wait(TIMEOUT_S))
            self.assertEqual(b"", process.stderr.read())


if __name__ == "__main__":
    unittest.main()
