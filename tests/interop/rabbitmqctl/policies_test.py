"""Policies through rabbitmqctl, and what clients notice of them."""

import json

from pika import exceptions

from rabbitmqctl_case import RabbitmqctlCase
from waiting import wait_until


class Policies(RabbitmqctlCase):
    def policy(self, name, pattern, definition, *options):
        self.ctl("set_policy", name, pattern, json.dumps(definition), *options)
        self.addCleanup(self.ctl, "clear_policy", name)

    def test_queue_that_has_messages_gets_their_time_limit(self):
        channel = self.channel()
        queue = self.queue(channel, durable=True)

        self.policy("short", f"^{queue}$", {"message-ttl": 200}, "--apply-to", "queues")
        self.publish(channel, queue, b"1")

        self.wait_ready_count(queue, 0)

    def test_dead_letters_go_where_it_says(self):
        channel = self.channel()
        queue, dead = self.queue(channel), self.queue(channel)
        self.policy("dead", f"^{queue}$", {"dead-letter-exchange": "", "dead-letter-routing-key": dead})
        self.publish(channel, queue, b"1")

        method, _, _ = channel.basic_get(queue)
        channel.basic_reject(method.delivery_tag, requeue=False)

        self.wait_ready_count(dead, 1)

    def test_too_long_queue_is_cut_and_grows_again_without_it(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1", b"2", b"3")

        self.ctl("set_policy", "long", f"^{queue}$", '{"max-length":2}')
        self.wait_ready_count(queue, 2)
        self.ctl("clear_policy", "long")

        self.publish(channel, queue, b"4", b"5")
        self.wait_ready_count(queue, 4)

    def test_unused_queue_goes_when_its_time_is_over(self):
        channel = self.channel()
        queue, other = self.queue(channel), self.queue(channel)

        self.policy("unused", f"^{queue}$", {"expires": 200})

        wait_until(lambda: queue not in self.names(), "the end of the queue")
        self.assertIn(other, self.names())

    def names(self):
        return [row["name"] for row in self.rows("list_queues", "name")]

    def test_full_queue_refuses_instead_of_dropping(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1")

        self.policy("full", f"^{queue}$", {"max-length-bytes": 1, "overflow": "reject-publish"})

        with self.assertRaises(exceptions.NackError):
            self.publish(channel, queue, b"2")
        self.assertEqual([b"1"], self.get_all(channel, queue))

    def test_message_that_failed_too_often_is_given_up(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1")

        self.policy("attempts", f"^{queue}$", {"delivery-limit": 1})

        for _ in range(2):
            method, _, _ = channel.basic_get(queue)
            channel.basic_reject(method.delivery_tag)
        self.assertEqual([], self.get_all(channel, queue))

    def test_delivery_that_takes_too_long_comes_back(self):
        channel = self.channel()
        queue = self.queue(channel)

        self.policy("slow", f"^{queue}$", {"consumer-timeout": 200})
        self.publish(channel, queue, b"1")
        self.collect(channel, queue, 1)

        self.wait_ready_count(queue, 1)

    def test_operator_s_limit_bounds_what_is_there_already(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 5})
        self.publish(channel, queue, b"1", b"2", b"3")

        self.addCleanup(self.ctl, "clear_operator_policy", "bounds")
        self.ctl("set_operator_policy", "bounds", f"^{queue}$", '{"max-length":2}')

        self.wait_ready_count(queue, 2)

    def test_what_nobody_routes_goes_to_the_alternate_exchange(self):
        channel = self.channel()
        queue, exchange = self.queue(channel), self.exchange(channel, "direct")
        self.policy("ae", f"^{exchange}$", {"alternate-exchange": "amq.fanout"}, "--apply-to", "exchanges")
        channel.queue_bind(queue, "amq.fanout")

        self.publish(channel, "nowhere", b"1", exchange=exchange)

        self.wait_ready_count(queue, 1)

    def test_listings_tell_which_one_counts(self):
        queue = self.queue(self.channel())
        self.policy("low", f"^{queue}", {"max-length": 5}, "--priority", "1")
        self.policy("high", f"^{queue}", {"max-length": 7}, "--priority", "2")

        rows = self.rows("list_queues", "name", "policy", "effective_policy_definition")
        self.assertIn({"name": queue, "policy": "high", "effective_policy_definition": {"max-length": 7}}, rows)
        listed = self.rows("list_policies")
        self.assertEqual({"low": 1, "high": 2}, {row["name"]: row["priority"] for row in listed})

    def test_what_makes_no_sense_is_refused(self):
        self.assertIn("not recognised policy settings", self.ctl("set_policy", "p", ".*", '{"bogus":1}', status=65))
        self.assertIn("not a valid message TTL", self.ctl("set_policy", "p", ".*", '{"message-ttl":-1}', status=65))
        self.assertIn("regular expression", self.ctl("set_policy", "p", "(", '{"expires":5}', status=65))
        self.assertIn("not a JSON object", self.ctl("set_policy", "p", ".*", "max-length", status=65))
        self.assertIn("no policy 'p'", self.ctl("clear_policy", "p", status=65))

    def test_it_survives_a_restart(self):
        self.needs_restart()
        channel = self.channel()
        queue = self.queue(channel, durable=True)
        self.policy("kept", f"^{queue}$", {"max-length": 1})

        self.broker.restart()

        channel = self.channel()
        self.publish(channel, queue, b"1", b"2", delivery_mode=2)
        self.wait_ready_count(queue, 1)
