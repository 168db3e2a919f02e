"""The command-line tools of rabbitmq-c."""

import os
import subprocess

from broker_case import BrokerCase


class AmqpTools(BrokerCase):
    def run_tool(self, tool, *arguments, status=0, **options):
        done = subprocess.run(
            [f"amqp-{tool}", f"--url=amqp://guest:guest@{self.broker.host}:{self.broker.port}/%2F", *arguments],
            capture_output=True, timeout=30, **options)
        self.assertEqual(status, done.returncode, done.stderr.decode())
        return done.stdout

    def declared(self, *flags):
        name = self.unique("queue")
        self.assertEqual(name, self.run_tool("declare-queue", f"--queue={name}", *flags).decode().strip())
        self.addCleanup(self.run_tool, "delete-queue", f"--queue={name}")
        return name

    def test_published_message_is_got(self):
        queue = self.declared("--durable")
        self.run_tool("publish", f"--routing-key={queue}", "--persistent", "--content-type=text/plain", "--body=hello")

        self.assertEqual(b"hello", self.run_tool("get", f"--queue={queue}"))

    def test_get_of_an_empty_queue_says_so(self):
        self.run_tool("get", f"--queue={self.declared()}", status=2)

    def test_body_from_standard_input_may_be_large(self):
        queue = self.declared()
        body = os.urandom(700_000)
        self.run_tool("publish", f"--routing-key={queue}", input=body)

        self.assertEqual(body, self.run_tool("get", f"--queue={queue}"))

    def test_consumer_hands_each_message_to_a_program(self):
        queue = self.declared()
        for number in range(5):
            self.run_tool("publish", f"--routing-key={queue}", f"--body={number}\n")

        output = self.run_tool("consume", f"--queue={queue}", "--count=5", "cat")

        self.assertEqual(b"0\n1\n2\n3\n4\n", output)

    def test_consumer_with_prefetch_acknowledges(self):
        queue = self.declared()
        for number in range(5):
            self.run_tool("publish", f"--routing-key={queue}", f"--body={number}\n")

        self.run_tool("consume", f"--queue={queue}", "--count=3", "--prefetch-count=1", "cat")

        self.assertEqual(b"3\n", self.run_tool("get", f"--queue={queue}"))

    def test_delete_tells_how_many_messages_went(self):
        queue = self.declared()
        self.run_tool("publish", f"--routing-key={queue}", "--body=m")

        self.assertEqual(b"1", self.run_tool("delete-queue", f"--queue={queue}").strip())
