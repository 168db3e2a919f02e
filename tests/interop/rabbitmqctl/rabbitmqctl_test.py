"""rabbitmqctl against a running broker: what it lists, what it changes, what clients notice."""

import json
import os
import socket
import stat
import subprocess

import pika
from pika import exceptions

from rabbitmqctl_case import VARVE, RabbitmqctlCase
from waiting import wait_until


class Listings(RabbitmqctlCase):
    def test_queues_are_listed_with_their_counts(self):
        channel = self.channel()
        queue = self.queue(channel, durable=True, arguments={"x-max-length": 5})
        self.publish(channel, queue, b"1", b"2")

        rows = self.rows("list_queues", "name", "messages", "durable", "arguments")

        self.assertIn(
            {"name": queue, "messages": 2, "durable": True, "arguments": {"x-max-length": 5}}, rows)
        table = self.ctl("-q", "list_queues", "name", "messages", "arguments")
        self.assertIn(f'{queue}\t2\t[{{"x-max-length",5}}]\n', table)

    def test_heading_and_column_names_can_be_left_out(self):
        queue = self.queue(self.channel())

        self.assertTrue(self.ctl("list_queues").startswith("Listing queues for vhost / ...\nname\tmessages\n"))
        self.assertTrue(self.ctl("-q", "list_queues").startswith("name\tmessages\n"))
        self.assertIn(f"{queue}\t0\n", self.ctl("-s", "list_queues"))
        self.assertNotIn("name\tmessages", self.ctl("-s", "list_queues"))

    def test_unknown_column_is_refused_with_the_one_that_was_meant(self):
        said = self.ctl("list_queues", "mesages", status=65)

        self.assertIn("did you mean 'messages'", said)

    def test_exchanges_and_bindings_are_listed(self):
        channel = self.channel()
        queue = self.queue(channel)
        exchange = self.exchange(channel, "topic")
        channel.queue_bind(queue, exchange, "a.#")

        self.assertIn({"name": exchange, "type": "topic"}, self.rows("list_exchanges", "name", "type"))
        bindings = self.rows("list_bindings", "source_name", "destination_name", "routing_key")
        self.assertIn({"source_name": exchange, "destination_name": queue, "routing_key": "a.#"}, bindings)
        self.assertIn({"source_name": "", "destination_name": queue, "routing_key": queue}, bindings)

    def test_delayed_messages_are_counted_with_their_exchange_and_in_no_queue(self):
        channel = self.channel()
        exchange = self.exchange(channel, "x-delayed-message", arguments={"x-delayed-type": "fanout"})
        channel.confirm_delivery()
        for delay in (60_000, 70_000):
            channel.basic_publish(exchange, "", b"later", pika.BasicProperties(headers={"x-delay": delay}))

        rows = self.rows("list_exchanges", "name", "messages_delayed")
        self.assertIn({"name": exchange, "messages_delayed": 2}, rows)
        self.assertIn({"name": "amq.fanout", "messages_delayed": ""}, rows)
        self.assertNotIn("amq.delayed", self.ctl("list_queues"))
        self.ctl("purge_queue", f"amq.delayed.{exchange}", status=65)

    def test_connections_channels_and_consumers_are_listed(self):
        connection = self.connect(client_properties={"connection_name": "lister"})
        channel = connection.channel()
        queue = self.queue(channel)
        channel.basic_qos(prefetch_count=7)
        channel.basic_consume(queue, lambda *_: None, consumer_tag="watcher")

        connections = self.rows("list_connections", "client_properties", "state", "channels", "user")
        named = [c for c in connections if c["client_properties"].get("connection_name") == "lister"]
        self.assertEqual(("running", 1, "guest"), (named[0]["state"], named[0]["channels"], named[0]["user"]))
        self.assertIn('{"connection_name","lister"}', self.ctl("-q", "list_connections", "pid", "client_properties"))
        self.assertIn(
            {"queue_name": queue, "consumer_tag": "watcher", "prefetch_count": 7, "ack_required": True},
            self.rows("list_consumers", "queue_name", "consumer_tag", "prefetch_count", "ack_required"))
        self.assertIn({"number": 1, "consumer_count": 1}, self.rows("list_channels", "number", "consumer_count"))


class Changes(RabbitmqctlCase):
    def test_purged_queue_is_empty_and_deleted_one_is_gone(self):
        channel = self.channel()
        queue = self.queue(channel, durable=True)
        self.publish(channel, queue, b"1", b"2")

        self.ctl("purge_queue", queue)
        self.assertEqual(0, self.ready_count(queue))

        self.ctl("delete_queue", queue)
        self.assertNotIn(queue, [row["name"] for row in self.rows("list_queues")])

    def test_queue_that_is_missing_cannot_be_deleted(self):
        self.assertIn("No such queue was found", self.ctl("delete_queue", "missing", status=65))

    def test_closed_connection_is_told_the_reason(self):
        connection = self.connect()
        port = connection._impl._transport._sock.getsockname()[1]
        pids = [row["pid"] for row in self.rows("list_connections", "pid", "peer_port") if row["peer_port"] == port]

        self.ctl("close_connection", pids[0], "because I may")

        with self.assertRaises(exceptions.ConnectionClosedByBroker) as closed:
            wait_until(lambda: connection.process_data_events(0.1), "connection.close")
        self.assertEqual((320, "CONNECTION_FORCED - because I may"),
                         (closed.exception.reply_code, closed.exception.reply_text))

    def test_all_connections_are_closed_at_once(self):
        connections = [self.connect(), self.connect()]

        self.ctl("close_all_connections", "all of you")

        for connection in connections:
            with self.assertRaises(exceptions.ConnectionClosedByBroker):
                wait_until(lambda: connection.process_data_events(0.1), "connection.close")


class Alarms(RabbitmqctlCase):
    def test_raised_alarm_blocks_publishers_until_it_is_cleared(self):
        connection = self.connect()
        told = []
        connection.add_on_connection_blocked_callback(lambda _, frame: told.append(frame.method.reason))
        connection.add_on_connection_unblocked_callback(lambda _, frame: told.append("unblocked"))
        channel = connection.channel()
        queue = self.queue(channel)
        channel.basic_publish("", queue, b"1")
        self.wait_ready_count(queue, 1)
        self.addCleanup(self.ctl, "eval", "rabbit_alarm:clear_alarm({resource_limit, memory, node()}).")

        self.ctl("eval", "rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []}).")
        wait_until(lambda: connection.process_data_events(0.05) or told == ["low on memory"], "connection.blocked")
        channel.basic_publish("", queue, b"2")
        connection.process_data_events(1)
        self.assertEqual(1, self.ready_count(queue))
        self.assertIn("memory", self.ctl("check_local_alarms", status=70))

        self.ctl("eval", "rabbit_alarm:clear_alarm({resource_limit, memory, node()}).")
        wait_until(lambda: connection.process_data_events(0.05) or told[-1] == "unblocked",
                   "connection.unblocked")
        self.wait_ready_count(queue, 2)

    def test_watermark_below_everything_raises_the_alarm_of_memory(self):
        self.addCleanup(self.ctl, "set_vm_memory_high_watermark", "0.4")

        self.ctl("set_vm_memory_high_watermark", "0.000000001")
        self.assertIn("memory", self.ctl("check_local_alarms", status=70))

        self.ctl("set_vm_memory_high_watermark", "0.4")
        self.ctl("check_local_alarms")
        for wrong in ("much", "1.5", "-1"):
            self.ctl("set_vm_memory_high_watermark", "--", wrong, status=65)


class Evaluated(RabbitmqctlCase):
    def set_channel_max(self, channel_max):
        self.assertEqual("ok\n", self.ctl("eval", f"application:set_env(rabbit, channel_max, {channel_max})."))

    def test_channel_max_holds_for_connections_to_come(self):
        self.addCleanup(self.set_channel_max, 2047)
        before = self.connect()

        self.set_channel_max(2)

        limited = self.connect()
        limited.channel(), limited.channel()
        with self.assertRaises(exceptions.NoFreeChannels):
            limited.channel()
        for _ in range(3):
            before.channel()
        self.set_channel_max(0)
        self.connect().channel(65535)
        self.ctl("eval", "application:set_env(rabbit, channel_max, 65536).", status=65)

    def test_users_of_this_machine_only_can_be_named_anew(self):
        def now():
            curl = ["curl", "-sf", "--unix-socket", self.broker.data_dir + "/control.sock",
                    "http://localhost/api/varve/login-rules"]
            return json.loads(subprocess.run(curl, capture_output=True, timeout=30, check=True).stdout)["loopback_users"]

        self.addCleanup(self.ctl, "eval", 'application:set_env(rabbit, loopback_users, [<<"guest">>]).')
        self.ctl("eval", "application:set_env(rabbit, loopback_users, []).")
        self.assertEqual([], now())
        self.ctl("eval", 'application:set_env(rabbit, loopback_users, [<<"guest">>, <<"web">>]).')
        self.assertEqual(["guest", "web"], now())

    def test_other_expressions_are_refused(self):
        for expression in ("rabbit:stop().", "application:set_env(rabbit, channel_max, many).",
                           "application:set_env(rabbit, tcp_listeners, [])."):
            self.assertIn("no Erlang", self.ctl("eval", expression, status=65))


class TheDoor(RabbitmqctlCase):
    def test_status_ping_and_checks_answer(self):
        self.assertIn("Listeners", self.ctl("status"))
        self.assertIn("Ping succeeded", self.ctl("ping", "-n", "rabbit@anywhere"))
        self.assertEqual("3.13.7\n", self.ctl("version"))
        self.ctl("check_running")
        self.ctl("check_local_alarms")
        self.ctl("check_port_connectivity")
        self.ctl("await_startup")

    def test_only_the_brokers_user_may_open_it(self):
        mode = os.stat(os.path.join(self.broker.data_dir, "control.sock")).st_mode

        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(0o600, stat.S_IMODE(mode))

    def test_unknown_command_says_what_was_meant(self):
        self.assertIn("Did you mean 'list_queues'", self.ctl("list_queus", status=64))
        self.assertIn("not enough arguments", self.ctl("purge_queue", status=64))

    def test_without_a_broker_it_says_where_it_looked(self):
        done = subprocess.run([VARVE, "rabbitmqctl", "-D", "/nowhere", "status"], capture_output=True, text=True,
                              timeout=30, check=False)

        self.assertEqual(69, done.returncode)
        self.assertIn("/nowhere/control.sock", done.stderr)

    def test_program_called_rabbitmqctl_is_rabbitmqctl(self):
        link = os.path.join(self.broker.data_dir, "..", "rabbitmqctl")
        os.symlink(VARVE, link)

        done = subprocess.run([link, "version"], capture_output=True, text=True, timeout=30, check=False,
                              env={"VARVE_DATA_DIR": self.broker.data_dir})

        self.assertEqual((0, "3.13.7\n"), (done.returncode, done.stdout))

    def raw(self, request, seconds=10):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(seconds)
            door.connect(os.path.join(self.broker.data_dir, "control.sock"))
            door.sendall(request)
            door.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := door.recv(65536):
                answer += chunk
            return answer

    def test_bad_requests_get_an_answer_and_do_no_harm(self):
        get = b"GET /api/%s HTTP/1.1\r\nHost: x\r\n\r\n"
        self.assertIn(b" 404 ", self.raw(get % b"nothing"))
        self.assertIn(b" 405 ", self.raw((get % b"overview").replace(b"GET", b"POST")))
        self.assertIn(b" 400 ", self.raw(get % b"queues/%zz"))
        self.assertIn(b" 400 ", self.raw(b"\x00\xffAMQP nonsense\r\n\r\n"))
        self.assertIn(b" 431 ", self.raw(b"GET /api/overview HTTP/1.1\r\nX: " + b"x" * 20000 + b"\r\n\r\n"))
        self.assertIn(b" 413 ", self.raw(
            b"PUT /api/queues/%2F/q HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 100))
        self.assertIn(b" 400 ", self.raw(
            b"PUT /api/queues/%2F/q HTTP/1.1\r\nContent-Length: 5\r\n\r\n{{{{{"))
        self.ctl("ping")

    def test_listing_can_be_sorted_and_paged(self):
        channel = self.channel()
        for name in ("paged-a", "paged-b", "paged-c"):
            channel.queue_declare(name)
            self.addCleanup(self.delete_queue, name)
        answer = self.raw(b"GET /api/queues?name=paged&sort=name&sort_reverse=true&page=1&page_size=2&columns=name"
                          b" HTTP/1.1\r\nConnection: close\r\n\r\n")

        page = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        self.assertEqual([{"name": "paged-c"}, {"name": "paged-b"}], page["items"])
        self.assertEqual((3, 2, 2), (page["filtered_count"], page["page_count"], page["item_count"]))
