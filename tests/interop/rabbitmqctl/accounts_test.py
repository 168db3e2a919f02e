"""Users, rights and vhosts by rabbitmqctl: what it says, and what clients may do afterwards."""

import pika
from pika import exceptions

from rabbitmqctl_case import RabbitmqctlCase
from waiting import wait_until


class AccountsCase(RabbitmqctlCase):
    def user(self, name, password="secret", vhost=None):
        """A user who is gone after the test, with all rights in `vhost`."""
        self.ctl("add_user", name, password)
        self.addCleanup(self.forget, "delete_user", name)
        if vhost is not None:
            self.ctl("set_permissions", "-p", vhost, name, ".*", ".*", ".*")

    def vhost(self, name, *options):
        self.ctl("add_vhost", name, *options)
        self.addCleanup(self.forget, "delete_vhost", name)

    def forget(self, command, name):
        listing, column = ("list_users", "user") if command == "delete_user" else ("list_vhosts", "name")
        if name in [row[column] for row in self.rows(listing)]:
            self.ctl(command, name)

    def connect_as(self, name, password="secret", vhost="/"):
        return self.connect(credentials=pika.PlainCredentials(name, password), virtual_host=vhost)


class Users(AccountsCase):
    def test_added_user_logs_in_and_works_where_he_has_rights(self):
        self.user("ann", vhost="/")

        channel = self.connect_as("ann").channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1")

        self.assertEqual(1, self.ready_count(queue))
        self.assertIn({"user": "ann", "tags": []}, self.rows("list_users"))

    def test_user_without_rights_in_the_vhost_is_refused(self):
        self.user("ann")

        with self.assertRaises(exceptions.ProbableAccessDeniedError) as refused:
            self.connect_as("ann")
        self.assertIn("access to vhost '/' refused for user 'ann'", str(refused.exception))

    def test_user_who_is_there_already_is_not_added_again(self):
        self.user("ann")

        self.assertIn("user 'ann' already exists", self.ctl("add_user", "ann", "other", status=65))
        self.assertIn("Success", self.ctl("authenticate_user", "ann", "secret"))

    def test_changed_password_is_the_only_one(self):
        self.user("ann", "old")

        self.ctl("change_password", "ann", "new")

        self.ctl("authenticate_user", "ann", "new")
        self.assertIn("failed to authenticate user", self.ctl("authenticate_user", "ann", "old", status=65))

    def test_password_can_come_on_standard_input(self):
        self.addCleanup(self.forget, "delete_user", "ann")

        self.ctl("add_user", "ann", stdin="from a pipe\n")

        self.ctl("authenticate_user", "ann", "from a pipe")

    def test_cleared_password_lets_nobody_in(self):
        self.user("ann", vhost="/")

        self.ctl("clear_password", "ann")

        with self.assertRaises(exceptions.ProbableAuthenticationError):
            self.connect_as("ann")

    def test_user_with_the_tag_no_replay_is_refused(self):
        self.user("ann", vhost="/")
        control = self.channel()
        queue = self.queue(control, durable=True)
        self.publish(control, queue, b"1")
        self.ctl("set_user_tags", "ann", "no-replay")

        for arguments in {"x-stream-offset": "first"}, {"x-cursor": "c"}:
            with self.assertRaises(exceptions.ChannelClosedByBroker) as refused:
                self.connect_as("ann").channel().basic_consume(queue, lambda *_: None, arguments=arguments)
            self.assertEqual(403, refused.exception.reply_code)
            self.assertIn(f"access to the past of queue '{queue}'", refused.exception.reply_text)
        self.assertEqual([b"1"], self.get_all(self.connect_as("ann").channel(), queue))

    def test_tags_are_listed(self):
        self.user("ann")

        self.ctl("set_user_tags", "ann", "monitoring", "policymaker")

        self.assertIn("ann\t[monitoring, policymaker]\n", self.ctl("list_users"))
        self.ctl("set_user_tags", "ann")
        self.assertIn("ann\t[]\n", self.ctl("list_users"))

    def test_connections_of_a_deleted_user_are_closed(self):
        self.user("ann", vhost="/")
        connection = self.connect_as("ann")

        self.ctl("delete_user", "ann")

        with self.assertRaises(exceptions.ConnectionClosedByBroker) as closed:
            while True:
                connection.process_data_events(1)
        self.assertEqual((320, "CONNECTION_FORCED - user 'ann' is deleted"),
                         (closed.exception.reply_code, closed.exception.reply_text))

    def test_unknown_user_is_named(self):
        for command in ("delete_user", "clear_password"):
            self.assertIn('User "nobody" does not exist', self.ctl(command, "nobody", status=65))


class Permissions(AccountsCase):
    def test_rights_are_listed_by_vhost_and_by_user(self):
        self.user("ann")
        self.ctl("set_permissions", "ann", "^own-", "^out-", "^in-")

        self.assertIn({"user": "ann", "configure": "^own-", "write": "^out-", "read": "^in-"},
                      self.rows("list_permissions"))
        self.assertEqual([{"vhost": "/", "configure": "^own-", "write": "^out-", "read": "^in-"}],
                         self.rows("list_user_permissions", "ann"))

    def test_open_connection_feels_a_change_at_its_next_operation(self):
        self.user("ann", vhost="/")
        channel = self.connect_as("ann").channel()
        queue = self.queue(channel)

        self.ctl("set_permissions", "ann", "^mine-", "", "")

        with self.assertRaises(exceptions.ChannelClosedByBroker) as refused:
            channel.queue_declare(queue + "2")
        self.assertEqual(403, refused.exception.reply_code)
        self.assertIn(f"access to queue '{queue}2' in vhost '/' refused for user 'ann'",
                      refused.exception.reply_text)

    def test_asking_whether_something_is_there_needs_any_right_in_it(self):
        queue = self.queue(self.channel())
        self.user("ann")
        self.ctl("set_permissions", "ann", "^$", f"^{queue}$", "^$")
        connection = self.connect_as("ann")

        self.assertEqual(queue, connection.channel().queue_declare(queue, passive=True).method.queue)
        for name in ("amq.direct", "none"):
            with self.closes_channel(403, f"access to exchange '{name}' in vhost '/' refused for user 'ann'"):
                connection.channel().exchange_declare(name, passive=True)

    def test_cleared_rights_keep_the_user_out(self):
        self.user("ann", vhost="/")

        self.ctl("clear_permissions", "ann")

        with self.assertRaises(exceptions.ProbableAccessDeniedError):
            self.connect_as("ann")
        self.assertEqual([], self.rows("list_user_permissions", "ann"))

    def test_topic_rights_limit_routing_keys(self):
        self.user("ann", vhost="/")
        self.ctl("set_topic_permissions", "ann", "amq.topic", "^allowed", ".*")
        self.assertEqual([{"vhost": "/", "exchange": "amq.topic", "write": "^allowed", "read": ".*"}],
                         self.rows("list_user_topic_permissions", "ann"))
        channel = self.connect_as("ann").channel()
        channel.confirm_delivery()
        channel.basic_publish("amq.topic", "allowed.key", b"")

        with self.assertRaises(exceptions.ChannelClosedByBroker) as refused:
            channel.basic_publish("amq.topic", "other.key", b"")
        self.assertEqual(403, refused.exception.reply_code)

        self.ctl("clear_topic_permissions", "ann")
        self.assertEqual([], self.rows("list_topic_permissions"))

    def test_pattern_that_is_none_is_refused(self):
        self.user("ann")

        self.assertIn("regular expression", self.ctl("set_permissions", "ann", "(", "", "", status=65))

    def test_rights_need_their_user_and_vhost(self):
        self.assertIn("no user 'nobody'", self.ctl("set_permissions", "nobody", "", "", "", status=65))
        self.assertIn("no vhost 'nowhere'",
                      self.ctl("set_permissions", "-p", "nowhere", "guest", "", "", "", status=65))


class Vhosts(AccountsCase):
    def test_vhost_has_queues_of_its_own(self):
        self.vhost("staging", "--description", "for trials", "--tags", "a,b")
        self.user("ann", vhost="staging")

        channel = self.connect_as("ann", vhost="staging").channel()
        channel.queue_declare("work", durable=True)

        self.assertEqual([{"name": "work"}], self.rows("list_queues", "-p", "staging", "name"))
        self.assertNotIn({"name": "work"}, self.rows("list_queues", "name"))
        self.assertIn({"name": "staging", "description": "for trials", "tags": ["a", "b"]},
                      self.rows("list_vhosts", "name", "description", "tags"))

    def test_deleted_vhost_takes_what_is_in_it_and_its_connections(self):
        self.vhost("staging")
        self.user("ann", vhost="staging")
        connection = self.connect_as("ann", vhost="staging")
        connection.channel().queue_declare("work", durable=True)
        self.ctl("set_policy", "-p", "staging", "p", ".*", '{"max-length":5}')
        self.ctl("set_vhost_limits", "-p", "staging", '{"max-queues":5}')

        self.ctl("delete_vhost", "staging")

        with self.assertRaises(exceptions.ConnectionClosedByBroker) as closed:
            while True:
                connection.process_data_events(1)
        self.assertEqual((320, "CONNECTION_FORCED - vhost 'staging' is deleted"),
                         (closed.exception.reply_code, closed.exception.reply_text))
        self.vhost("staging")
        self.assertEqual([], self.rows("list_queues", "-p", "staging"))
        self.assertEqual([], self.rows("list_policies", "-p", "staging"))
        self.assertEqual([], self.rows("list_vhost_limits", "-p", "staging"))

    def test_vhost_that_is_there_is_not_added_and_one_that_is_not_is_not_deleted(self):
        self.assertIn("vhost '/' already exists", self.ctl("add_vhost", "/", status=65))
        self.assertIn("no vhost 'nowhere'", self.ctl("delete_vhost", "nowhere", status=65))

    def test_metadata_can_be_changed(self):
        self.vhost("staging")

        self.ctl("update_vhost_metadata", "staging", "--description", "changed")

        self.assertIn({"name": "staging", "description": "changed"}, self.rows("list_vhosts", "name", "description"))


    def test_queues_get_the_default_type_of_their_vhost(self):
        self.vhost("staging", "--default-queue-type", "quorum")
        self.user("ann", vhost="staging")

        self.connect_as("ann", vhost="staging").channel().queue_declare("work", durable=True)

        self.assertEqual([{"name": "work", "type": "quorum"}], self.rows("list_queues", "-p", "staging", "name", "type"))
        self.assertIn("default queue type 'fast' is not known: classic, quorum or stream",
                      self.ctl("update_vhost_metadata", "staging", "--default-queue-type", "fast", status=65))

    def test_arguments_of_a_queue_can_be_changed_where_the_vhost_is_relaxed(self):
        self.vhost("staging")
        self.user("ann", vhost="staging")
        channel = self.connect_as("ann", vhost="staging").channel()
        channel.queue_declare("work", durable=True, arguments={"x-max-length": 5})

        self.ctl("update_vhost_metadata", "staging", "--relaxed-redeclare", "true")
        channel.queue_declare("work", durable=True, arguments={"x-max-length": 3})

        self.assertIn({"name": "staging", "relaxed_redeclare": True}, self.rows("list_vhosts", "name", "relaxed_redeclare"))
        self.assertEqual([{"name": "work", "arguments": {"x-max-length": 3}}],
                         self.rows("list_queues", "-p", "staging", "name", "arguments"))


class AfterARestart(AccountsCase):
    def test_users_rights_and_vhosts_are_there(self):
        self.needs_restart()
        self.vhost("staging")
        self.user("ann", vhost="staging")

        self.broker.restart()

        wait_until(lambda: self.rows("list_users"), "the broker answers")
        self.connect_as("ann", vhost="staging").close()
