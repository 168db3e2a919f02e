"""Bunny, the Ruby client: each test tells one of the stories in stories.rb."""

import pathlib
import subprocess
import unittest

from broker import die_with_parent
from broker_case import BrokerCase

STORIES = pathlib.Path(__file__).parent / "stories.rb"


class Bunny(BrokerCase):
    def begin(self, story):
        teller = subprocess.Popen(
            ["ruby", str(STORIES), f"{self.broker.host}:{self.broker.port}", story], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.addCleanup(teller.kill)
        return teller

    def end(self, teller):
        _, errors = teller.communicate(timeout=60)
        self.assertEqual(0, teller.returncode, errors)

    def tell(self, story):
        self.end(self.begin(story))

    def test_confirmed_messages_are_in_the_queue(self):
        self.tell("confirmed_messages_are_in_the_queue")

    def test_properties_and_headers_arrive_as_they_were_sent(self):
        self.tell("properties_and_headers_arrive_as_they_were_sent")

    def test_consumers_ack_reject_and_nack(self):
        self.tell("consumers_ack_reject_and_nack")

    def test_prefetch_limits_a_consumer_and_a_channel(self):
        self.tell("prefetch_limits_a_consumer_and_a_channel")

    def test_mandatory_messages_come_back(self):
        self.tell("mandatory_messages_come_back")

    def test_consumer_of_a_deleted_queue_is_told(self):
        self.tell("consumer_of_a_deleted_queue_is_told")

    def test_exchanges_route_and_unbind(self):
        self.tell("exchanges_route_and_unbind")

    def test_transactions_commit_and_roll_back(self):
        self.tell("transactions_commit_and_roll_back")

    def test_mistakes_raise_what_they_are(self):
        self.tell("mistakes_raise_what_they_are")

    def test_connection_and_consumer_come_back_after_a_restart(self):
        self.needs_restart()
        teller = self.begin("connection_and_consumer_come_back_after_a_restart")
        self.assertEqual("ready for the restart\n", teller.stdout.readline(), "see its standard error")
        self.broker.restart()
        teller.stdin.write("go on\n")
        self.end(teller)


if __name__ == "__main__":
    unittest.main()
