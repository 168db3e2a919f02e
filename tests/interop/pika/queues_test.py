"""Declaring, deleting, purging and owning queues."""

from pika_case import PikaCase


class Declaring(PikaCase):
    def test_empty_name_makes_one_up(self):
        channel = self.channel()

        names = {channel.queue_declare("", exclusive=True).method.queue for _ in range(3)}

        self.assertEqual(3, len(names))
        for name in names:
            self.assertTrue(name.startswith("amq.gen-"), name)

    def test_declare_ok_counts_ready_messages_and_consumers(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1", b"2", b"3")
        taker = self.channel()
        taker.basic_qos(prefetch_count=1)
        taken = []
        taker.basic_consume(queue, lambda *message: taken.append(message))
        self.wait_for(taker, lambda: taken, "a delivery")

        again = channel.queue_declare(queue).method

        self.assertEqual((queue, 2, 1), (again.queue, again.message_count, again.consumer_count))

    def test_declaring_again_with_the_same_arguments_is_fine(self):
        channel = self.channel()
        arguments = {"x-max-priority": 3, "x-message-ttl": 60000, "x-dead-letter-exchange": "amq.direct"}
        queue = self.queue(channel, durable=True, arguments=arguments)

        self.assertEqual(queue, channel.queue_declare(queue, durable=True, arguments=arguments).method.queue)
        self.assertEqual(queue, channel.queue_declare(queue, passive=True).method.queue)

    def test_exclusive_queue_is_the_same_with_and_without_durable(self):
        channel = self.channel()
        queue = self.queue(channel, exclusive=True)

        self.assertEqual(queue, channel.queue_declare(queue, exclusive=True, durable=True).method.queue)

    def test_arguments_nobody_knows_are_accepted(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"my-own": "value"})

        self.assertEqual(queue, channel.queue_declare(queue, arguments={"my-own": "other"}).method.queue)

    def test_queue_types_of_rabbitmq_are_accepted(self):
        channel = self.channel()
        for kind in ("classic", "quorum"):
            queue = self.queue(
                channel, queue=self.unique(kind), durable=True, arguments={"x-queue-type": kind})
            self.publish(channel, queue, b"m", delivery_mode=2)
            self.assertEqual([b"m"], self.get_all(channel, queue))

    def test_missing_queue_type_equals_classic(self):
        channel = self.channel()
        queue = self.queue(channel, durable=True)

        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "classic"})

    def test_long_names_and_names_in_unicode_are_kept(self):
        channel = self.channel()
        for stem in ("schlange-ü-", "队列-"):
            name = stem + "x" * (255 - len(stem.encode()))
            self.queue(channel, queue=name)
            self.publish(channel, name, b"m")
            self.assertEqual([b"m"], self.get_all(channel, name))


class DeclareErrors(PikaCase):
    def inequivalent(self, queue, argument, received, current, **declaration):
        with self.closes_channel(
                406, f"PRECONDITION_FAILED - inequivalent arg '{argument}' for queue '{queue}' in vhost '/': "
                f"received {received} but current is {current}"):
            self.channel().queue_declare(queue, **declaration)

    def test_other_properties_are_406_and_name_the_difference(self):
        queue = self.queue(self.channel(), durable=True)

        self.inequivalent(queue, "durable", "'false'", "'true'")
        self.inequivalent(queue, "auto_delete", "'true'", "'false'", durable=True, auto_delete=True)

    def test_other_arguments_are_406_and_name_the_difference(self):
        queue = self.queue(self.channel(), arguments={"x-message-ttl": 1000})

        self.inequivalent(queue, "x-message-ttl", "'2000'", "'1000'", arguments={"x-message-ttl": 2000})
        self.inequivalent(queue, "x-message-ttl", "none", "the value '1000' of type 'signedint'")
        self.inequivalent(
            queue, "x-dead-letter-exchange", "the value 'a' of type 'longstr'", "none",
            arguments={"x-message-ttl": 1000, "x-dead-letter-exchange": "a"})

    def test_passive_declare_of_a_missing_queue_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            self.channel().queue_declare("gone", passive=True)

    def test_reserved_names_are_403(self):
        with self.closes_channel(403, "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'"):
            self.channel().queue_declare("amq.mine")

    def test_arguments_that_make_no_sense_are_406_and_named(self):
        for name, value in (
                ("x-message-ttl", -1), ("x-message-ttl", "soon"), ("x-expires", 0), ("x-expires", -1),
                ("x-max-length", -1), ("x-max-priority", 256), ("x-max-priority", "high"), ("x-overflow", "burst"),
                ("x-dead-letter-routing-key", "key"), ("x-queue-type", "vase")):
            queue = self.unique("queue")
            with self.closes_channel(
                    406, f"PRECONDITION_FAILED - invalid arg '{name}' for queue '{queue}' in vhost '/': "):
                self.channel().queue_declare(queue, durable=True, arguments={name: value})


class Owning(PikaCase):
    def test_exclusive_queue_is_405_for_others(self):
        queue = self.queue(self.channel(), exclusive=True)

        text = f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue}' in vhost '/'."
        for call in (
                lambda ch: ch.queue_declare(queue, exclusive=True), lambda ch: ch.queue_declare(queue, passive=True),
                lambda ch: ch.queue_delete(queue), lambda ch: ch.queue_purge(queue), lambda ch: ch.basic_get(queue),
                lambda ch: ch.queue_bind(queue, "amq.direct", "key"),
                lambda ch: ch.basic_consume(queue, lambda *_: None)):
            with self.closes_channel(405, text):
                call(self.channel())

    def test_exclusive_queue_goes_with_its_connection(self):
        owner = self.connect()
        queue = self.queue(owner.channel(), exclusive=True)

        owner.close()

        with self.closes_channel(404, "NOT_FOUND"):
            self.channel().queue_declare(queue, passive=True)

    def test_auto_delete_queue_goes_with_its_last_consumer_and_not_before_the_first(self):
        channel = self.channel()
        queue = self.queue(channel, auto_delete=True)
        self.connect().close()
        first = channel.basic_consume(queue, lambda *_: None)
        second = channel.basic_consume(queue, lambda *_: None)
        channel.basic_cancel(first)
        channel.queue_declare(queue, passive=True)

        channel.basic_cancel(second)

        with self.closes_channel(404, "NOT_FOUND"):
            channel.queue_declare(queue, passive=True)


class DeletingAndPurging(PikaCase):
    def test_delete_tells_how_many_were_ready(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1", b"2")

        self.assertEqual(2, channel.queue_delete(queue).method.message_count)

    def test_deleting_a_queue_that_is_not_there_is_fine(self):
        self.assertEqual(0, self.channel().queue_delete(self.unique("gone")).method.message_count)

    def test_delete_if_unused_or_if_empty_is_406_when_it_is_not(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1")
        with self.closes_channel(406, f"PRECONDITION_FAILED - queue '{queue}' in vhost '/' not empty"):
            self.channel().queue_delete(queue, if_empty=True)

        channel.basic_consume(queue, lambda *_: None)
        with self.closes_channel(406, f"PRECONDITION_FAILED - queue '{queue}' in vhost '/' in use"):
            self.channel().queue_delete(queue, if_unused=True)

    def test_purge_drops_what_is_ready_and_counts_it(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1", b"2", b"3")
        method, _, _ = channel.basic_get(queue)

        self.assertEqual(2, channel.queue_purge(queue).method.message_count)
        channel.basic_reject(method.delivery_tag)
        self.wait_ready_count(queue, 1)
        self.assertEqual([b"1"], self.get_all(channel, queue))

    def test_purging_a_missing_queue_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            self.channel().queue_purge("gone")

    def test_deleting_a_queue_deletes_its_bindings(self):
        channel = self.channel()
        exchange = self.exchange(channel, "fanout", auto_delete=True)
        queue = self.queue(channel)
        channel.queue_bind(queue, exchange)

        channel.queue_delete(queue)

        with self.closes_channel(404, "NOT_FOUND"):
            channel.exchange_declare(exchange, passive=True)


class Durability(PikaCase):
    def test_durable_queues_bindings_and_confirmed_messages_survive_a_restart(self):
        self.needs_restart()
        channel = self.channel()
        exchange = self.exchange(channel, "topic", durable=True)
        queue = self.queue(channel, durable=True)
        channel.queue_bind(queue, exchange, "a.#")
        self.publish(channel, "a.b", b"1", b"2", exchange=exchange, delivery_mode=2)

        self.broker.restart()

        channel = self.channel()
        self.publish(channel, "a.c", b"3", exchange=exchange, delivery_mode=2)
        self.assertEqual([b"1", b"2", b"3"], self.get_all(channel, queue))

    def test_confirmed_messages_survive_kill_and_what_was_delivered_says_redelivered(self):
        self.needs_restart()
        channel = self.channel()
        queue = self.queue(channel, durable=True)
        self.publish(channel, queue, b"1", b"2", delivery_mode=2)
        taker = self.channel()
        self.collect(taker, queue, 2)
        # Whatever is confirmed after the deliveries makes their count durable too.
        self.publish(channel, queue, b"3", delivery_mode=2)

        self.broker.kill()
        self.broker.start()

        again = self.collect(self.channel(), queue, 3)
        self.assertEqual([(b"1", True), (b"2", True), (b"3", False)], [(m[2], m[0].redelivered) for m in again])

    def test_what_is_not_durable_is_gone_after_a_restart(self):
        self.needs_restart()
        channel = self.channel()
        durable, transient = self.queue(channel, durable=True), self.unique("transient")
        self.queue(channel, queue=transient)
        self.publish(channel, durable, b"transient", delivery_mode=1)
        self.publish(channel, durable, b"kept", delivery_mode=2)

        self.broker.restart()

        self.assertEqual([b"kept"], self.get_all(self.channel(), durable))
        with self.closes_channel(404, "NOT_FOUND"):
            self.channel().queue_declare(transient, passive=True)
