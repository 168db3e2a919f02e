"""Limits of vhosts and users: what is refused, with which words."""

from pika import exceptions

from rabbitmqctl_case import RabbitmqctlCase
from waiting import wait_until


class Limits(RabbitmqctlCase):
    def test_vhost_has_no_more_connections_than_its_limit(self):
        self.addCleanup(self.ctl, "clear_vhost_limits")
        self.ctl("set_vhost_limits", '{"max-connections":1}')
        first = self.connect()

        with self.assertRaises(exceptions.ProbableAccessDeniedError) as refused:
            self.connect()
        self.assertIn("(530) \"NOT_ALLOWED - access to vhost '/' refused for user 'guest': "
                      "connection limit (1) is reached", str(refused.exception))

        first.close()
        self.connect()

    def test_vhost_has_no_more_queues_than_its_limit(self):
        channel = self.channel()
        count = len(self.rows("list_queues"))
        self.addCleanup(self.ctl, "clear_vhost_limits")
        self.ctl("set_vhost_limits", f'{{"max-queues":{count + 1}}}')
        queue = self.queue(channel)
        channel.queue_declare(queue)

        with self.assertRaises(exceptions.ChannelClosedByBroker) as refused:
            channel.queue_declare("one-too-many")
        self.assertEqual(406, refused.exception.reply_code)
        self.assertIn(f"queue limit in vhost '/' ({count + 1}) is reached", refused.exception.reply_text)

    def test_what_waits_in_a_delayed_exchange_is_no_queue_of_the_vhost(self):
        channel = self.channel()
        count = len(self.rows("list_queues"))
        self.addCleanup(self.ctl, "clear_vhost_limits")
        self.ctl("set_vhost_limits", f'{{"max-queues":{count + 1}}}')
        self.exchange(channel, "x-delayed-message", arguments={"x-delayed-type": "fanout"})

        self.queue(channel)

    def test_user_has_no_more_channels_than_his_limit(self):
        connection = self.connect()
        self.addCleanup(self.ctl, "clear_user_limits", "guest", "all")
        self.ctl("set_user_limits", "guest", '{"max-channels":1}')
        connection.channel().close()
        connection.channel()

        with self.assertRaises(exceptions.ConnectionClosedByBroker) as refused:
            connection.channel()
        self.assertEqual(530, refused.exception.reply_code)
        self.assertIn("number of channels opened for user 'guest' has reached the maximum allowed limit of (1)",
                      refused.exception.reply_text)

    def test_limits_are_listed_and_survive_a_restart(self):
        self.needs_restart()
        self.addCleanup(self.ctl, "clear_user_limits", "guest", "all")
        self.addCleanup(self.ctl, "clear_vhost_limits")
        self.ctl("set_vhost_limits", '{"max-queues":100}')
        self.ctl("set_user_limits", "guest", '{"max-connections":50}')

        self.broker.restart()

        wait_until(lambda: self.rows("list_vhost_limits"), "the broker answers")
        self.assertEqual([{"vhost": "/", "limits": {"max-queues": 100}}], self.rows("list_vhost_limits"))
        self.assertEqual([{"user": "guest", "limits": {"max-connections": 50}}], self.rows("list_user_limits"))
        self.ctl("clear_vhost_limits")
        self.assertEqual([], self.rows("list_vhost_limits"))

    def test_unknown_limit_is_refused(self):
        self.assertIn("no limit 'max-cows'", self.ctl("set_vhost_limits", '{"max-cows":1}', status=65))
