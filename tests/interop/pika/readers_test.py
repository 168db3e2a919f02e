"""x-stream-offset on a work queue: its past can be read, and nobody is disturbed."""

import datetime
import json
import os
import subprocess

from pika_case import PERSISTENT, PikaCase


class Reading(PikaCase):
    def setUp(self):
        self.needs_varve()
        self.control = self.channel()
        self.name = self.queue(self.control, durable=True)

    def send(self, *bodies):
        self.publish(self.control, self.name, *bodies, delivery_mode=PERSISTENT)

    def work(self):
        """Takes all that is ready, as a worker does."""
        return self.get_all(self.control, self.name)

    def read(self, count, offset, channel=None, **consume):
        """The next `count` deliveries from there: [(offset, body)], with the channel that has them."""
        channel = channel or self.channel(confirms=False)
        messages = self.collect(channel, self.name, count, arguments={"x-stream-offset": offset}, **consume)
        return [(properties.headers["x-stream-offset"], body) for _, properties, body in messages[:count]]

    def test_what_was_worked_off_can_be_read_again_and_again(self):
        self.send(b"1", b"2", b"3")
        self.assertEqual([b"1", b"2", b"3"], self.work())

        for _ in range(2):
            self.assertEqual([(0, b"1"), (1, b"2"), (2, b"3")], self.read(3, "first"))
        self.assertEqual([(2, b"3")], self.read(1, "last"))
        self.assertEqual([(1, b"2"), (2, b"3")], self.read(2, 1))
        self.assertEqual([(1, b"2"), (2, b"3")], self.read(2, -2))
        self.assertEqual([(0, b"1")], self.read(1, "1h"))
        an_hour_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        self.assertEqual([(0, b"1")], self.read(1, an_hour_ago))

    def test_a_worker_gets_everything_whoever_reads(self):
        self.send(b"1", b"2")
        self.read(2, "first")

        self.assertEqual([b"1", b"2"], self.work())

    def test_answers_give_credit_back_and_settle_nothing(self):
        self.send(b"1", b"2", b"3", b"4")
        reader = self.channel(confirms=False)
        reader.basic_qos(prefetch_count=1)
        seen = []

        def answer(channel, method, _, body):
            seen.append(body)
            if body == b"1":
                channel.basic_ack(method.delivery_tag)
            elif body == b"2":
                channel.basic_nack(method.delivery_tag)
            elif body == b"3":
                channel.basic_reject(method.delivery_tag, requeue=False)
            else:
                channel.stop_consuming()

        reader.basic_consume(self.name, answer, arguments={"x-stream-offset": "first"})
        reader.start_consuming()

        self.assertEqual([b"1", b"2", b"3", b"4"], seen)
        self.assertEqual([b"1", b"2", b"3", b"4"], self.work())

    def test_what_a_reader_leaves_behind_does_not_come_back(self):
        self.send(b"1")
        reader = self.channel(confirms=False)
        self.read(1, "first", reader)
        reader.close()

        method, _, body = self.control.basic_get(self.name)

        self.assertEqual((b"1", False), (body, method.redelivered))

    def test_reading_goes_on_with_what_comes(self):
        reader = self.channel(confirms=False)
        arrived = []
        reader.basic_consume(self.name, lambda *message: arrived.append(message[3]), auto_ack=True,
                             arguments={"x-stream-offset": "next"})
        self.send(b"1", b"2")

        self.wait_for(reader, lambda: len(arrived) == 2, "what was sent")

        self.assertEqual([b"1", b"2"], arrived)

    def test_headers_of_the_message_stay(self):
        self.publish(self.control, self.name, b"1", delivery_mode=PERSISTENT, headers={"own": "header"})

        [(_, properties, _)] = self.collect(self.channel(confirms=False), self.name, 1,
                                            arguments={"x-stream-offset": "first"})

        self.assertEqual({"own": "header", "x-stream-offset": 0}, properties.headers)

    def test_history_is_there_after_a_restart(self):
        self.needs_restart()
        self.send(b"1", b"2")
        self.work()

        self.broker.restart()

        self.assertEqual([(0, b"1"), (1, b"2")], self.read(2, "first"))

    def test_a_wrong_offset_is_refused_with_what_it_may_be(self):
        with self.closes_channel(406, "invalid arg 'x-stream-offset': expected first"):
            self.read(1, "yesterday")

    def test_a_queue_that_keeps_nothing_cannot_be_read(self):
        name = self.queue(self.control, exclusive=True)
        with self.closes_connection(540, "it is not durable, or exclusive, and keeps no history"):
            self.control.basic_consume(name, lambda *_: None, arguments={"x-stream-offset": "first"})


class NamedCursors(PikaCase):
    def setUp(self):
        self.needs_varve()
        self.control = self.channel()
        self.name = self.queue(self.control, durable=True)

    def send(self, *bodies):
        self.publish(self.control, self.name, *bodies, delivery_mode=PERSISTENT)

    def read(self, cursor, count, acked, **arguments):
        """Reads `count` messages on a connection of its own, and acknowledges the first `acked`."""
        channel = self.channel(confirms=False)
        channel.basic_qos(prefetch_count=count)
        messages = self.collect(channel, self.name, count, arguments={"x-cursor": cursor, **arguments})
        for method, _, _ in messages[:acked]:
            channel.basic_ack(method.delivery_tag)
        channel.connection.close()
        return [(body, method.redelivered) for method, _, body in messages]

    def test_the_next_reader_goes_on_after_what_was_acknowledged(self):
        self.send(b"1", b"2", b"3")
        self.assertEqual([(b"1", False), (b"2", False)],
                         self.read("billing", 2, acked=1, **{"x-stream-offset": "first"}))

        self.assertEqual([(b"2", True), (b"3", False)], self.read("billing", 2, acked=2))

    def test_cursors_survive_a_broker_that_is_killed(self):
        self.needs_restart()
        self.send(b"1", b"2", b"3")
        self.read("billing", 3, acked=2, **{"x-stream-offset": "first"})
        self.read("audit", 3, acked=1, **{"x-stream-offset": "first"})
        self.publish(self.control, self.name, b"4", delivery_mode=PERSISTENT)  # Confirmed: acknowledgements before it are kept.

        self.broker.kill()
        self.broker.start()

        self.control = self.channel()
        self.assertEqual([b"3", b"4"], [body for body, _ in self.read("billing", 2, acked=2)])
        self.assertEqual([b"2", b"3", b"4"], [body for body, _ in self.read("audit", 3, acked=3)])

    def test_stat_shows_them_by_name(self):
        self.needs_varve()
        self.send(b"1", b"2")
        self.read("billing", 2, acked=1, **{"x-stream-offset": "first"})
        self.publish(self.control, self.name, b"3", delivery_mode=PERSISTENT)  # Confirmed: acknowledgements before it are kept.

        shown = subprocess.run([os.environ["VARVE"], "stat", "--data-dir", self.broker.data_dir, "-o", "json"],
                               capture_output=True, text=True, timeout=30, check=True).stdout

        [queue] = [queue for queue in json.loads(shown)["queues"] if queue["queue"] == self.name]
        self.assertIn(("billing", 1), [(cursor.get("name"), cursor["floor"]) for cursor in queue["cursors"]])

    def test_what_is_wanted_again_comes_to_the_next_reader(self):
        self.send(b"1", b"2")
        channel = self.channel(confirms=False)
        messages = self.collect(channel, self.name, 2, arguments={"x-cursor": "c", "x-stream-offset": "first"})
        channel.basic_nack(messages[0][0].delivery_tag)
        channel.basic_reject(messages[1][0].delivery_tag, requeue=False)
        channel.connection.close()

        self.assertEqual([(b"1", True)], self.read("c", 1, acked=1))

    def test_a_second_reader_under_the_same_name_is_refused(self):
        arguments = {"x-cursor": "c"}
        self.control.basic_consume(self.name, lambda *_: None, arguments=arguments)

        other = self.channel(confirms=False)
        with self.closes_channel(403, "is being read under this cursor"):
            other.basic_consume(self.name, lambda *_: None, arguments=arguments)

    def test_a_name_has_to_be_one(self):
        with self.closes_channel(406, "invalid arg 'x-cursor'"):
            self.control.basic_consume(self.name, lambda *_: None, arguments={"x-cursor": 5})

    def test_acknowledgements_of_a_transaction_count_at_its_commit(self):
        self.send(b"1", b"2")
        channel = self.channel(confirms=False)
        channel.tx_select()
        messages = self.collect(channel, self.name, 2, arguments={"x-cursor": "c", "x-stream-offset": "first"})
        channel.basic_ack(messages[0][0].delivery_tag)
        channel.tx_commit()
        channel.basic_ack(messages[1][0].delivery_tag)
        channel.connection.close()

        self.assertEqual([(b"2", True)], self.read("c", 1, acked=1))
