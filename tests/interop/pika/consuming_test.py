"""Deliveries, settling, prefetch, cancelling."""

import pika
from pika import exceptions

from pika_case import PikaCase


class Settling(PikaCase):
    def setUp(self):
        self.control = self.channel()
        self.name = self.queue(self.control)

    def ready(self):
        return [(body, method.redelivered) for method, _, body in self.taken()]

    def taken(self):
        while (got := self.control.basic_get(self.name, auto_ack=True))[0]:
            yield got

    def test_get_tells_how_many_are_left_and_whether_it_was_delivered_before(self):
        self.publish(self.control, self.name, b"1", b"2", b"3")

        left = []
        for _ in range(3):
            method, _, _ = self.control.basic_get(self.name)
            left.append((method.message_count, method.redelivered, method.delivery_tag))

        self.assertEqual([(2, False, 1), (1, False, 2), (0, False, 3)], left)
        self.assertEqual((None, None, None), self.control.basic_get(self.name))

    def test_acked_message_is_gone(self):
        self.publish(self.control, self.name, b"1", b"2")
        taker = self.channel()
        taker.basic_ack(self.collect(taker, self.name, 2)[0][0].delivery_tag)

        taker.close()

        self.wait_ready_count(self.name, 1)
        self.assertEqual([(b"2", True)], self.ready())

    def test_multiple_ack_settles_everything_up_to_its_tag_and_tag_0_all(self):
        self.publish(self.control, self.name, b"1", b"2", b"3", b"4")
        taker = self.channel()
        messages = self.collect(taker, self.name, 4)
        taker.basic_ack(messages[1][0].delivery_tag, multiple=True)
        taker.basic_reject(messages[2][0].delivery_tag)
        self.wait_ready_count(self.name, 1)

        taker.basic_ack(0, multiple=True)
        taker.close()

        self.assertEqual([(b"3", True)], self.ready())

    def test_message_delivered_without_acks_is_gone_once_delivered(self):
        self.publish(self.control, self.name, b"1")
        taker = self.channel()

        self.collect(taker, self.name, 1, auto_ack=True)
        taker.close()

        self.assertEqual([], self.ready())

    def test_rejected_message_without_requeue_is_gone(self):
        self.publish(self.control, self.name, b"1", b"2")
        taker = self.channel()
        first, second = self.collect(taker, self.name, 2)
        taker.basic_reject(first[0].delivery_tag, requeue=False)
        taker.basic_nack(second[0].delivery_tag, requeue=False)

        taker.close()

        self.assertEqual([], self.ready())

    def test_requeued_messages_take_their_old_places(self):
        self.publish(self.control, self.name, b"1", b"2", b"3", b"4", b"5")
        taker = self.channel()
        tags = [taker.basic_get(self.name)[0].delivery_tag for _ in range(4)]
        taker.basic_nack(tags[3])
        taker.basic_reject(tags[0])
        taker.basic_nack(tags[2], multiple=True)

        self.wait_ready_count(self.name, 5)
        self.assertEqual([b"1", b"2", b"3", b"4", b"5"], [body for body, _ in self.ready()])

    def test_recover_delivers_again_what_is_not_settled(self):
        self.publish(self.control, self.name, b"1", b"2")
        for _ in range(2):
            self.control.basic_get(self.name)

        self.control.basic_recover(requeue=True)

        self.assertEqual([(b"1", True), (b"2", True)], self.ready())

    def test_recover_without_requeue_is_540(self):
        with self.closes_connection(540, "NOT_IMPLEMENTED"):
            self.control.basic_recover(requeue=False)

    def test_unknown_delivery_tag_is_406(self):
        for settle in (
                lambda ch: ch.basic_ack(7), lambda ch: ch.basic_nack(7), lambda ch: ch.basic_reject(7),
                lambda ch: ch.basic_ack(7, multiple=True)):
            channel = self.channel()
            with self.closes_channel(406, "PRECONDITION_FAILED - unknown delivery tag 7"):
                settle(channel)
                channel.queue_declare(self.name, passive=True)

    def test_tag_is_settled_once_only(self):
        self.publish(self.control, self.name, b"1")
        tag = self.control.basic_get(self.name)[0].delivery_tag
        self.control.basic_ack(tag)
        with self.closes_channel(406, f"PRECONDITION_FAILED - unknown delivery tag {tag}"):
            self.control.basic_ack(tag)
            self.control.queue_declare(self.name, passive=True)

    def test_get_from_a_missing_queue_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            self.control.basic_get("gone")


class Prefetch(PikaCase):
    def setUp(self):
        self.control = self.channel()
        self.name = self.queue(self.control)
        self.publish(self.control, self.name, *[str(n).encode() for n in range(20)])

    def consume(self, channel, arrived):
        return channel.basic_consume(self.name, lambda _, method, __, body: arrived.append(method))

    def settled_at(self, channel, arrived, count):
        """`count` deliveries arrive, and after a round trip it is still that many."""
        self.wait_for(channel, lambda: len(arrived) >= count, f"{count} deliveries")
        for _ in range(3):
            channel.queue_declare(self.name, passive=True)
            channel.connection.process_data_events(0)
        self.assertEqual(count, len(arrived))

    def test_consumer_at_its_limit_gets_nothing_until_it_settles(self):
        channel, arrived = self.channel(), []
        channel.basic_qos(prefetch_count=3)
        self.consume(channel, arrived)
        self.settled_at(channel, arrived, 3)

        channel.basic_ack(arrived[1].delivery_tag, multiple=True)
        self.settled_at(channel, arrived, 5)
        channel.basic_nack(arrived[2].delivery_tag, requeue=False)
        self.settled_at(channel, arrived, 6)

    def test_limit_counts_each_consumer_by_itself(self):
        channel, first, second = self.channel(), [], []
        channel.basic_qos(prefetch_count=3)
        self.consume(channel, first)
        self.settled_at(channel, first, 3)
        channel.basic_qos(prefetch_count=5)
        self.consume(channel, second)

        self.settled_at(channel, second, 5)
        self.assertEqual(3, len(first))

    def test_global_limit_counts_the_channel_and_can_be_changed_at_any_time(self):
        channel, arrived = self.channel(), []
        channel.basic_qos(prefetch_count=3, global_qos=True)
        self.consume(channel, arrived)
        self.consume(channel, arrived)
        self.settled_at(channel, arrived, 3)

        channel.basic_qos(prefetch_count=7, global_qos=True)
        self.settled_at(channel, arrived, 7)
        channel.basic_ack(0, multiple=True)
        self.settled_at(channel, arrived, 14)
        channel.basic_qos(prefetch_count=0, global_qos=True)
        self.settled_at(channel, arrived, 20)

    def test_global_limit_holds_for_quorum_queues(self):
        self.needs_restart()  # RabbitMQ refuses it
        self.name = self.queue(
            self.control, queue=self.unique("quorum"), durable=True, arguments={"x-queue-type": "quorum"})
        self.publish(self.control, self.name, *[b"m"] * 10)
        channel, arrived = self.channel(), []
        channel.basic_qos(prefetch_count=3, global_qos=True)

        self.consume(channel, arrived)

        self.settled_at(channel, arrived, 3)
        channel.basic_qos(prefetch_count=5, global_qos=True)
        self.settled_at(channel, arrived, 5)

    def test_no_limit_delivers_everything(self):
        channel, arrived = self.channel(), []
        self.consume(channel, arrived)

        self.settled_at(channel, arrived, 20)

    def test_limit_in_bytes_is_540(self):
        with self.closes_connection(540, "NOT_IMPLEMENTED - prefetch_size!=0 (1)"):
            self.channel().basic_qos(prefetch_size=1)


class Consumers(PikaCase):
    def setUp(self):
        self.control = self.channel()
        self.name = self.queue(self.control)

    def consumer(self, **arguments):
        """A consumer on its own channel: (channel, its deliveries)."""
        channel, arrived = self.channel(), []
        channel.basic_consume(self.name, lambda _, method, __, body: arrived.append(body), **arguments)
        return channel, arrived

    def test_consumers_take_turns(self):
        consumers = [self.consumer() for _ in range(3)]

        self.publish(self.control, self.name, *[b"m"] * 9)

        for channel, arrived in consumers:
            self.wait_for(channel, lambda: len(arrived) == 3, "its share of three")

    def test_consumer_of_higher_priority_gets_everything_it_can_take(self):
        channel = self.channel()
        low, high = [], []
        channel.basic_qos(prefetch_count=2)
        channel.basic_consume(self.name, lambda *m: low.append(m[3]))
        channel.basic_consume(self.name, lambda *m: high.append(m[3]), arguments={"x-priority": 5})

        self.publish(self.control, self.name, b"1", b"2", b"3")

        self.wait_for(channel, lambda: len(low) + len(high) == 3, "all three")
        self.assertEqual(([b"1", b"2"], [b"3"]), (high, low))

    def test_single_active_consumer_is_followed_by_the_next(self):
        self.name = self.unique("single")
        self.queue(self.control, queue=self.name, arguments={"x-single-active-consumer": True})
        (first, got_first), (second, got_second) = self.consumer(auto_ack=True), self.consumer(auto_ack=True)
        self.publish(self.control, self.name, b"1", b"2")
        self.wait_for(first, lambda: len(got_first) == 2, "both")

        first.close()
        self.publish(self.control, self.name, b"3")

        self.wait_for(second, lambda: got_second == [b"3"], "the third")

    def test_classic_queue_with_a_single_active_consumer_can_be_asked_for_one_message(self):
        queue = self.queue(self.control, queue=self.unique("single"), arguments={"x-single-active-consumer": True})
        self.publish(self.control, queue, b"1")

        self.assertEqual([b"1"], self.get_all(self.channel(), queue))

    def test_quorum_queue_with_a_single_active_consumer_cannot_be_asked_for_one_message(self):
        queue = self.queue(
            self.control, queue=self.unique("single"), durable=True,
            arguments={"x-queue-type": "quorum", "x-single-active-consumer": True})
        with self.closes_channel(
                405, f"RESOURCE_LOCKED - cannot obtain access to locked queue '{queue}' in vhost '/'. basic.get operations "
                "are not supported by quorum queues with single active consumer"):
            self.channel().basic_get(queue)

    def test_exclusive_consumer_is_alone(self):
        self.consumer(exclusive=True)
        text = f"ACCESS_REFUSED - queue '{self.name}' in vhost '/' in exclusive use"
        for arguments in ({}, {"exclusive": True}):
            with self.closes_channel(403, text):
                self.consumer(**arguments)

    def test_exclusive_consumer_cannot_join_others(self):
        self.consumer()
        with self.closes_channel(403, "ACCESS_REFUSED"):
            self.consumer(exclusive=True)

    def test_tags_are_made_up_and_unique_on_their_channel(self):
        channel = self.channel()
        arrived = []
        tags = [channel.basic_consume(self.name, lambda *m: arrived.append(m[1].consumer_tag)) for _ in range(2)]
        self.assertEqual(2, len(set(tags)))

        self.publish(self.control, self.name, b"1", b"2")

        self.wait_for(channel, lambda: sorted(arrived) == sorted(tags), "one for each")

    def test_cancelled_consumer_gets_nothing_more_and_may_settle_what_it_has(self):
        self.publish(self.control, self.name, b"1")
        channel = self.channel()
        (method, _, _), = self.collect(channel, self.name, 1)
        self.publish(self.control, self.name, b"2")

        channel.basic_ack(method.delivery_tag)
        channel.close()

        self.assertEqual([b"2"], self.get_all(self.control, self.name))

    def test_deleting_the_queue_cancels_its_consumers(self):
        channel, _ = self.consumer()
        cancelled = []
        channel.add_on_cancel_callback(cancelled.append)

        self.control.queue_delete(self.name)

        self.wait_for(channel, lambda: cancelled, "the cancel")
        self.assertEqual("basic.cancel", cancelled[0].method.NAME.lower())

    def test_consuming_from_a_missing_queue_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            self.channel().basic_consume("gone", lambda *_: None)


class DirectReply(PikaCase):
    PSEUDO_QUEUE = "amq.rabbitmq.reply-to"

    def test_reply_comes_back_without_a_queue(self):
        client, server = self.channel(confirms=False), self.channel()
        requests = self.queue(server)
        replies = []
        client.basic_consume(self.PSEUDO_QUEUE, lambda *m: replies.append((m[2].correlation_id, m[3])), auto_ack=True)

        self.publish(client, requests, b"question", reply_to=self.PSEUDO_QUEUE, correlation_id="7")
        _, properties, _ = self.get_soon(server, requests)
        self.assertTrue(properties.reply_to.startswith(self.PSEUDO_QUEUE + "."), properties.reply_to)
        self.publish(server, properties.reply_to, b"answer", correlation_id=properties.correlation_id)

        self.wait_for(client, lambda: replies == [("7", b"answer")], "the answer")

    def test_asking_without_a_consumer_is_406(self):
        with self.closes_channel(406, "PRECONDITION_FAILED - fast reply consumer does not exist"):
            self.publish(self.channel(), "key", b"m", reply_to=self.PSEUDO_QUEUE)

    def test_consumer_of_replies_cannot_acknowledge(self):
        with self.closes_channel(406, "PRECONDITION_FAILED - reply consumer cannot acknowledge"):
            self.channel().basic_consume(self.PSEUDO_QUEUE, lambda *_: None)

    def test_one_consumer_of_replies_is_enough(self):
        channel = self.channel()
        channel.basic_consume(self.PSEUDO_QUEUE, lambda *_: None, auto_ack=True)
        with self.closes_channel(406, "PRECONDITION_FAILED - reply consumer already set"):
            channel.basic_consume(self.PSEUDO_QUEUE, lambda *_: None, auto_ack=True)

    def test_reply_to_who_is_gone_is_returned_and_forgotten(self):
        client, server = self.channel(confirms=False), self.channel()
        requests = self.queue(server)
        tag = client.basic_consume(self.PSEUDO_QUEUE, lambda *_: None, auto_ack=True)
        self.publish(client, requests, b"question", reply_to=self.PSEUDO_QUEUE)
        address = self.get_soon(server, requests)[1].reply_to
        self.assertEqual(1, server.queue_declare(address, passive=True).method.consumer_count)
        server.basic_publish("", address, b"in time", mandatory=True)

        client.basic_cancel(tag)

        with self.assertRaises(exceptions.UnroutableError):
            server.basic_publish("", address, b"too late", mandatory=True)
        self.publish(server, address, b"nobody misses it")
        with self.closes_channel(404, f"NOT_FOUND - no queue '{address}' in vhost '/'"):
            server.queue_declare(address, passive=True)

    def test_requester_that_does_not_read_holds_nobody_up(self):
        client, server = self.channel(confirms=False), self.channel()
        requests = self.queue(server)
        client.basic_consume(self.PSEUDO_QUEUE, lambda *_: None, auto_ack=True)
        self.publish(client, requests, b"question", reply_to=self.PSEUDO_QUEUE)
        address = self.get_soon(server, requests)[1].reply_to

        self.publish(server, address, *[bytes(1 << 20)] * 40)

        self.publish(server, requests, b"still there")
        self.assertEqual([b"still there"], self.get_all(server, requests))


class ConnectionErrors(PikaCase):
    def test_tag_in_use_is_530_and_closes_the_connection(self):
        channel = self.connect().channel()
        queue = self.queue(channel)
        channel.basic_consume(queue, lambda *_: None, consumer_tag="mine")
        channel._impl._consumers.clear()  # pika would refuse by itself
        channel._consumer_infos.clear()
        with self.closes_connection(530, "NOT_ALLOWED - attempt to reuse consumer tag 'mine'"):
            channel.basic_consume(queue, lambda *_: None, consumer_tag="mine")

    def test_immediate_is_540_and_closes_the_connection(self):
        channel = self.connect().channel()
        with self.closes_connection(540, "NOT_IMPLEMENTED - immediate=true"):
            channel._impl._send_method(
                pika.spec.Basic.Publish(exchange="", routing_key="key", immediate=True),
                (pika.BasicProperties(), b"m"))
            channel.queue_declare("", exclusive=True)
