"""Exchange types, bindings and their errors."""

from pika import exceptions

from pika_case import PikaCase


class Routing(PikaCase):
    def routed(self, channel, exchange, key, queues, **properties):
        """Which of the queues a message reaches."""
        self.publish(channel, key, b"m", exchange=exchange, **properties)
        return [bool(self.get_all(channel, queue)) for queue in queues]

    def bound(self, channel, exchange, *bindings):
        """One queue for each (key, arguments)."""
        queues = []
        for key, arguments in bindings:
            name = self.unique("queue") + str(len(queues))
            self.queue(channel, queue=name, exclusive=True)
            channel.queue_bind(name, exchange, key, arguments)
            queues.append(name)
        return queues

    def test_default_exchange_routes_by_queue_name(self):
        channel = self.channel()
        queue = self.queue(channel)

        self.publish(channel, queue, b"m")

        self.assertEqual([b"m"], self.get_all(channel, queue))

    def test_direct_routes_by_equal_key(self):
        channel = self.channel()
        exchange = self.exchange(channel, "direct")
        queues = self.bound(channel, exchange, ("a", None), ("b", None))

        self.assertEqual([True, False], self.routed(channel, exchange, "a", queues))
        self.assertEqual([False, False], self.routed(channel, exchange, "c", queues))

    def test_fanout_routes_to_all(self):
        channel = self.channel()
        exchange = self.exchange(channel, "fanout")
        queues = self.bound(channel, exchange, ("a", None), ("", None))

        self.assertEqual([True, True], self.routed(channel, exchange, "c", queues))

    def test_topic_star_is_one_word_and_hash_is_any_number(self):
        channel = self.channel()
        exchange = self.exchange(channel, "topic")
        patterns = ["a.*", "a.#", "#", "*.b", "a.*.c", "#.c", "a.b", "", "#.b.#", "*", "*.#"]
        queues = self.bound(channel, exchange, *[(pattern, None) for pattern in patterns])

        expected = {
            "a.b": {"a.*", "a.#", "#", "*.b", "a.b", "#.b.#", "*.#"},
            "a": {"a.#", "#", "*", "*.#"},
            "a.x.c": {"a.#", "#", "a.*.c", "#.c", "*.#"},
            "": {"#", ""},  # no word at all
            "x.b.y.z": {"#", "#.b.#", "*.#"},
            "a.": {"a.*", "a.#", "#", "*.#"},
        }
        for key, matching in expected.items():
            hits = self.routed(channel, exchange, key, queues)
            self.assertEqual(matching, {pattern for pattern, hit in zip(patterns, hits) if hit}, key)

    def test_headers_match_all_or_any(self):
        channel = self.channel()
        exchange = self.exchange(channel, "headers")
        queues = self.bound(
            channel, exchange,
            ("", {"x-match": "all", "format": "pdf", "pages": 3}),
            ("", {"x-match": "any", "format": "pdf", "pages": 3}),
            ("", {"format": "pdf"}),
            ("", {"x-match": "all", "format": None}))

        both = {"format": "pdf", "pages": 3}
        self.assertEqual([True, True, True, True], self.routed(channel, exchange, "", queues, headers=both))
        self.assertEqual(
            [False, True, False, False], self.routed(channel, exchange, "", queues, headers={"pages": 3}))
        self.assertEqual(
            [False, False, False, True], self.routed(channel, exchange, "", queues, headers={"format": "txt"}))
        self.assertEqual([False] * 4, self.routed(channel, exchange, "", queues))

    def test_headers_starting_with_x_count_only_when_asked(self):
        channel = self.channel()
        exchange = self.exchange(channel, "headers")
        queues = self.bound(
            channel, exchange,
            ("", {"x-match": "any", "x-kind": "a", "other": 1}),
            ("", {"x-match": "any-with-x", "x-kind": "a"}),
            ("", {"x-match": "all-with-x", "x-kind": "a"}))

        self.assertEqual([False, True, True], self.routed(channel, exchange, "", queues, headers={"x-kind": "a"}))

    def test_message_reaches_a_queue_once_however_many_bindings_match(self):
        channel = self.channel()
        exchange = self.exchange(channel, "topic")
        queue, = self.bound(channel, exchange, ("#", None))
        channel.queue_bind(queue, exchange, "a.*")

        self.publish(channel, "a.b", b"m", exchange=exchange)

        self.assertEqual([b"m"], self.get_all(channel, queue))

    def test_exchanges_can_be_bound_to_exchanges_even_in_a_circle(self):
        channel = self.channel()
        source, target = self.exchange(channel, "direct"), self.exchange(channel, "fanout")
        channel.exchange_bind(target, source, "a")
        channel.exchange_bind(source, target, "a")
        queues = self.bound(channel, target, ("", None))

        self.assertEqual([True], self.routed(channel, source, "a", queues))
        channel.exchange_unbind(target, source, "a")
        self.assertEqual([False], self.routed(channel, source, "a", queues))

    def test_unbound_queue_gets_nothing_any_more(self):
        channel = self.channel()
        exchange = self.exchange(channel, "direct")
        queues = self.bound(channel, exchange, ("a", None))

        channel.queue_unbind(queues[0], exchange, "a")

        self.assertEqual([False], self.routed(channel, exchange, "a", queues))

    def test_alternate_exchange_gets_what_cannot_be_routed(self):
        channel = self.channel()
        alternate = self.exchange(channel, "fanout")
        exchange = self.exchange(channel, "direct", arguments={"alternate-exchange": alternate})
        queues = self.bound(channel, alternate, ("", None))

        self.publish(channel, "nowhere", b"m", exchange=exchange)

        self.assertEqual([b"m"], self.get_all(channel, queues[0]))

    def test_what_an_alternate_exchange_routes_does_not_come_back(self):
        channel = self.channel()
        first, second = self.unique("first"), self.unique("second")
        for name, alternate in ((first, second), (second, first)):
            channel.exchange_declare(name, "direct", arguments={"alternate-exchange": alternate})
            self.addCleanup(self.delete_exchange, name)
        queues = self.bound(channel, second, ("a", None))

        channel.basic_publish(first, "a", b"m", mandatory=True)

        self.assertEqual([b"m"], self.get_all(channel, queues[0]))
        with self.assertRaises(exceptions.UnroutableError):
            channel.basic_publish(first, "b", b"m", mandatory=True)

    def test_unbinding_takes_the_arguments_in_any_order(self):
        channel = self.channel()
        exchange = self.exchange(channel, "headers")
        queues = self.bound(channel, exchange, ("", {"a": 1, "b": 2}))

        channel.queue_unbind(queues[0], exchange, "", {"b": 2, "a": 1})

        self.assertEqual([False], self.routed(channel, exchange, "", queues, headers={"a": 1, "b": 2}))

    def test_cc_and_bcc_headers_add_routing_keys_and_bcc_is_not_shown(self):
        channel = self.channel()
        exchange = self.exchange(channel, "direct")
        queues = self.bound(channel, exchange, ("a", None), ("b", None), ("c", None))

        self.publish(channel, "a", b"m", exchange=exchange, headers={"CC": ["b"], "BCC": ["c"]})

        for queue in queues:
            _, properties, body = channel.basic_get(queue, auto_ack=True)
            self.assertEqual(b"m", body)
            self.assertEqual({"CC": ["b"]}, properties.headers)

    def test_predeclared_exchanges_route(self):
        channel = self.channel()
        for exchange in ("amq.direct", "amq.fanout", "amq.topic"):
            queues = self.bound(channel, exchange, ("a", None))
            self.assertEqual([True], self.routed(channel, exchange, "a", queues), exchange)
        for exchange in ("amq.headers", "amq.match"):
            queues = self.bound(channel, exchange, ("", {"k": "v"}))
            self.assertEqual([True], self.routed(channel, exchange, "", queues, headers={"k": "v"}), exchange)


class ExchangeLife(PikaCase):
    def test_auto_delete_exchange_goes_with_its_last_binding(self):
        channel = self.channel()
        exchange = self.exchange(channel, "direct", auto_delete=True)
        queue = self.queue(channel, exclusive=True)
        channel.queue_bind(queue, exchange, "a")

        channel.queue_unbind(queue, exchange, "a")

        with self.closes_channel(404, f"NOT_FOUND - no exchange '{exchange}' in vhost '/'"):
            channel.exchange_declare(exchange, passive=True)

    def test_deleting_an_exchange_that_is_not_there_is_fine(self):
        self.channel().exchange_delete(self.unique("gone"))

    def test_declaring_again_with_the_same_arguments_is_fine(self):
        channel = self.channel()
        exchange = self.exchange(channel, "topic", durable=True)

        channel.exchange_declare(exchange, "topic", durable=True)
        channel.exchange_declare(exchange, passive=True)


class ExchangeErrors(PikaCase):
    def test_declaring_with_other_properties_is_406_and_names_the_difference(self):
        channel = self.channel()
        exchange = self.exchange(channel, "direct", durable=True)

        with self.closes_channel(
                406, f"PRECONDITION_FAILED - inequivalent arg 'type' for exchange '{exchange}' in vhost '/': "
                "received 'topic' but current is 'direct'"):
            self.channel().exchange_declare(exchange, "topic", durable=True)
        with self.closes_channel(
                406, f"PRECONDITION_FAILED - inequivalent arg 'durable' for exchange '{exchange}' in vhost '/': "
                "received 'false' but current is 'true'"):
            self.channel().exchange_declare(exchange, "direct")

    def test_passive_declare_of_a_missing_exchange_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no exchange 'gone' in vhost '/'"):
            self.channel().exchange_declare("gone", passive=True)

    def test_reserved_names_are_403(self):
        with self.closes_channel(
                403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'"):
            self.channel().exchange_declare("amq.mine", "direct")
        with self.closes_channel(403, "ACCESS_REFUSED"):
            self.channel().exchange_delete("amq.direct")

    def test_default_exchange_cannot_be_bound_or_deleted(self):
        channel = self.channel()
        queue = self.queue(channel)
        for call in (
                lambda ch: ch.queue_bind(queue, "", "key"), lambda ch: ch.queue_unbind(queue, "", "key"),
                lambda ch: ch.exchange_delete("")):
            with self.closes_channel(403, "ACCESS_REFUSED - operation not permitted on the default exchange"):
                call(self.channel())

    def test_binding_what_is_missing_is_404(self):
        channel = self.channel()
        queue = self.queue(channel)
        exchange = self.exchange(channel, "direct")
        with self.closes_channel(404, "NOT_FOUND - no exchange 'gone' in vhost '/'"):
            self.channel().queue_bind(queue, "gone", "key")
        with self.closes_channel(404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            self.channel().queue_bind("gone", exchange, "key")

    def test_publishing_to_a_missing_exchange_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no exchange 'gone' in vhost '/'"):
            self.publish(self.channel(), "key", b"m", exchange="gone")

    def test_publishing_to_an_internal_exchange_is_403(self):
        channel = self.channel()
        exchange = self.exchange(channel, "fanout", internal=True)
        with self.closes_channel(403, "ACCESS_REFUSED"):
            self.publish(self.channel(), "key", b"m", exchange=exchange)

    def test_deleting_an_exchange_in_use_with_if_unused_is_406(self):
        channel = self.channel()
        exchange = self.exchange(channel, "fanout")
        channel.queue_bind(self.queue(channel), exchange)
        with self.closes_channel(406, "PRECONDITION_FAILED"):
            self.channel().exchange_delete(exchange, if_unused=True)
