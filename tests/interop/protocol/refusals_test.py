"""What is refused, and how: the code, the words, what closes, and which method is named as the one that failed."""

from pika import spec

from spoken_case import SpokenCase, encoded, publish

Queue, Exchange, Basic = spec.Queue, spec.Exchange, spec.Basic
PUBLISH = Basic.Publish.INDEX


class QueueArguments(SpokenCase):
    def refused_argument(self, name, value, fault, **arguments):
        queue = self.unique("queue")
        self.is_refused(
            406, f"PRECONDITION_FAILED - invalid arg '{name}' for queue '{queue}' in vhost '/': {fault}",
            Queue.Declare(queue=queue, durable=True, arguments={name: value, **arguments}))

    def test_number_is_asked_for_by_type(self):
        for name in ("x-message-ttl", "x-expires", "x-max-length", "x-max-length-bytes", "x-max-priority"):
            self.refused_argument(name, "7", '"expected integer, got longstr"')
        self.refused_argument("x-message-ttl", True, '"expected integer, got bool"')
        self.refused_argument("x-message-ttl", None, '"expected integer, got void"')

    def test_number_out_of_its_range_is_named(self):
        for name in ("x-message-ttl", "x-expires", "x-max-length", "x-max-length-bytes", "x-max-priority"):
            self.refused_argument(name, -1, "{value_negative,-1}")
        self.refused_argument("x-expires", 0, "{value_zero,0}")
        for name in ("x-message-ttl", "x-expires"):
            self.refused_argument(name, 315_360_000_001, "{value_too_large,315360000001}")
        self.refused_argument("x-max-priority", 256, "{max_value_exceeded,256}")

    def test_text_out_of_its_choices_is_named(self):
        self.refused_argument("x-overflow", "burst", "invalid_overflow")
        self.refused_argument("x-queue-type", "vase", "\"unsupported queue type 'vase'\"")
        self.refused_argument("x-queue-mode", "lazier", "\"unsupported queue mode 'lazier'\"")
        self.refused_argument("x-dead-letter-strategy", "x", "invalid_dlx_strategy", **{"x-queue-type": "quorum"})
        for name in ("x-overflow", "x-queue-type", "x-queue-mode"):
            self.refused_argument(name, 1, "{unacceptable_type,signedint}")
        self.refused_argument("x-single-active-consumer", "yes", "{unacceptable_type,longstr}")

    def test_queue_version_is_1_or_2_of_a_classic_queue(self):
        for version in (0, 3):
            self.refused_argument("x-queue-version", version, f"\"unsupported queue version '{version}'\"")
        self.refused_argument("x-queue-version", -1, "{value_negative,-1}")
        self.refused_argument("x-queue-version", "2", '"expected integer, got longstr"')
        for version in (1, 2):
            self.queue(arguments={"x-queue-version": version})

    def test_dead_letter_key_without_its_exchange_is_refused(self):
        self.refused_argument("x-dead-letter-routing-key", "key", "routing_key_but_no_dlx_defined")

    def test_exchange_that_is_no_name_is_refused(self):
        queue, exchange = self.unique("queue"), self.unique("exchange")
        self.is_refused(
            406, "PRECONDITION_FAILED - invalid type 'signedint' for arg 'x-dead-letter-exchange' in "
            f"queue '{queue}' in vhost '/'",
            Queue.Declare(queue=queue, arguments={"x-dead-letter-exchange": 1}))
        self.is_refused(
            406, "PRECONDITION_FAILED - invalid type 'signedint' for arg 'alternate-exchange' in "
            f"exchange '{exchange}' in vhost '/'",
            Exchange.Declare(exchange=exchange, type="fanout", arguments={"alternate-exchange": 1}))

    def test_quorum_queue_refuses_what_it_cannot_be(self):
        queue = self.unique("queue")
        quorum = {"x-queue-type": "quorum"}
        for text, declaration in (
                ("invalid property 'non-durable'", {}),
                ("invalid property 'exclusive-owner'", {"durable": True, "exclusive": True}),
                ("invalid property 'auto-delete'", {"durable": True, "auto_delete": True})):
            self.is_refused(
                406, f"PRECONDITION_FAILED - {text} for queue '{queue}' in vhost '/'",
                Queue.Declare(queue=queue, arguments=quorum, **declaration))
        for name, value in (("x-max-priority", 5), ("x-queue-mode", "lazy"), ("x-queue-version", 2)):
            self.is_refused(
                406, f"PRECONDITION_FAILED - invalid arg '{name}' for queue '{queue}' in vhost '/' of queue type "
                "rabbit_quorum_queue", Queue.Declare(queue=queue, durable=True, arguments={name: value, **quorum}))

    def test_ten_years_are_not_too_long(self):
        queue = self.queue(arguments={"x-message-ttl": 315_360_000_000, "x-expires": 315_360_000_000})
        self.say(publish(queue, expiration="315360000000"))
        self.is_fine()


class Names(SpokenCase):
    def test_reserved_names_cannot_be_taken_but_asked_for(self):
        self.is_refused(
            403, "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'",
            Queue.Declare(queue="amq.mine"))
        self.is_refused(
            403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'",
            Exchange.Declare(exchange="amq.mine", type="direct"))
        self.is_refused(
            404, "NOT_FOUND - no queue 'amq.mine' in vhost '/'", Queue.Declare(queue="amq.mine", passive=True))
        self.is_refused(
            404, "NOT_FOUND - no exchange 'amq.mine' in vhost '/'",
            Exchange.Declare(exchange="amq.mine", type="direct", passive=True))
        self.ask(Exchange.Declare(exchange="amq.direct", type="direct", durable=True))

    def test_default_exchange_is_nobodys(self):
        queue, exchange = self.queue(), "amq.direct"
        for method in (
                Exchange.Declare(exchange="", type="direct"), Exchange.Declare(exchange="", type="direct", passive=True),
                Exchange.Delete(exchange=""), Queue.Bind(queue=queue, exchange="", routing_key="k"),
                Queue.Unbind(queue=queue, exchange="", routing_key="k"),
                Exchange.Bind(destination="", source=exchange, routing_key="k"),
                Exchange.Bind(destination=exchange, source="", routing_key="k")):
            self.is_refused(403, "ACCESS_REFUSED - operation not permitted on the default exchange", method)

    def test_predeclared_exchange_cannot_be_deleted_or_changed(self):
        self.is_refused(
            403, "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed",
            Exchange.Delete(exchange="amq.direct"))
        self.is_refused(
            406, "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'amq.direct' in vhost '/': "
            "received 'fanout' but current is 'direct'",
            Exchange.Declare(exchange="amq.direct", type="fanout", durable=True))

    def test_empty_name_is_the_queue_declared_last(self):
        for method in (
                Basic.Consume(queue=""), Basic.Get(queue=""), Queue.Purge(queue=""), Queue.Delete(queue=""),
                Queue.Bind(queue="", exchange="amq.direct", routing_key="k")):
            self.is_refused(404, "NOT_FOUND - no previously declared queue", method)

        made_up = self.ask(Queue.Declare(queue="", exclusive=True)).queue
        self.ask(Queue.Bind(queue="", exchange="amq.direct", routing_key=""))
        self.say(publish(made_up, b"1"), publish(made_up, b"2", exchange="amq.direct"))
        self.assertEqual(2, self.ask(Queue.Purge(queue="")).message_count)

    def test_line_ends_in_names_are_left_out(self):
        name = self.unique("queue")
        self.assertEqual(name, self.ask(Queue.Declare(queue="\r" + name + "\n", exclusive=True)).queue)
        exchange = self.exchange()
        self.ask(Exchange.Declare(exchange=exchange + "\r\n", type="fanout"))

    def test_what_is_missing_is_named(self):
        for what, missing in (
                ("queue", lambda queue: Queue.Bind(queue="gone", exchange="amq.direct", routing_key="k")),
                ("exchange", lambda queue: Queue.Bind(queue=queue, exchange="gone", routing_key="k")),
                ("exchange", lambda queue: Exchange.Bind(destination="gone", source="amq.direct", routing_key="k")),
                ("exchange", lambda queue: Exchange.Bind(destination="amq.direct", source="gone", routing_key="k")),
                ("exchange", lambda queue: Exchange.Declare(exchange="gone", type="direct", passive=True)),
                ("queue", lambda queue: Queue.Declare(queue="gone", passive=True)),
                ("queue", lambda queue: Queue.Purge(queue="gone")), ("queue", lambda queue: Basic.Get(queue="gone")),
                ("queue", lambda queue: Basic.Consume(queue="gone"))):
            self.is_refused(404, f"NOT_FOUND - no {what} 'gone' in vhost '/'", missing(self.queue()))

    def test_exchange_is_missed_before_what_it_is_bound_to(self):
        for method in (
                Queue.Bind(queue="absent", exchange="gone", routing_key="k"),
                Exchange.Bind(destination="absent", source="gone", routing_key="k")):
            self.is_refused(404, "NOT_FOUND - no exchange 'gone' in vhost '/'", method)

    def test_taking_away_what_is_not_there_is_fine(self):
        queue, exchange = self.queue(), self.exchange()
        self.assertEqual(0, self.ask(Queue.Delete(queue="gone")).message_count)
        self.ask(Exchange.Delete(exchange="gone"))
        self.ask(Queue.Unbind(queue=queue, exchange=exchange, routing_key="never bound"))
        self.ask(Queue.Unbind(queue=queue, exchange="gone", routing_key="k"))
        self.ask(Queue.Unbind(queue="gone", exchange=exchange, routing_key="k"))
        self.ask(Exchange.Unbind(destination="gone", source=exchange, routing_key="k"))
        self.assertEqual("nobody", self.ask(Basic.Cancel(consumer_tag="nobody")).consumer_tag)

    def test_direct_reply_queue_can_be_asked_for_only(self):
        name = "amq.rabbitmq.reply-to"
        for passive in (False, True):
            answer = self.ask(Queue.Declare(queue=name, passive=passive))
            self.assertEqual((name, 0, 1), (answer.queue, answer.message_count, answer.consumer_count))
        self.is_refused(
            404, f"NOT_FOUND - no queue '{name}.nobody' in vhost '/'", Queue.Declare(queue=name + ".nobody", passive=True))
        self.is_refused(404, f"NOT_FOUND - no queue '{name}' in vhost '/'", Basic.Get(queue=name))


class Bindings(SpokenCase):
    def test_x_match_is_one_of_four(self):
        queue = self.queue()
        self.is_refused(
            406, 'PRECONDITION_FAILED - Invalid x-match field value <<"some">>; expected all, any, all-with-x, or '
            "any-with-x",
            Queue.Bind(queue=queue, exchange="amq.headers", routing_key="", arguments={"x-match": "some"}))
        self.is_refused(
            406, "PRECONDITION_FAILED - Invalid x-match field type signedint (value 1); expected longstr",
            Queue.Bind(queue=self.queue(), exchange="amq.headers", routing_key="", arguments={"x-match": 1}))

    def test_queue_of_another_connection_is_looked_at_last(self):
        owner = self.with_channel()
        queue = self.unique("q")[-8:]  # with a longer name the text would not fit whole
        owner.send(
            encoded(Queue.Declare(queue=queue, exclusive=True)),
            encoded(Queue.Bind(queue=queue, exchange="amq.direct", routing_key="bound")))
        owner.next_method(), owner.next_method()

        locked = (
            f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue}' in vhost '/'. It could be "
            "originally declared on another connection or the exclusive property value does not match that of the "
            "original declaration.")
        for method in (
                Queue.Bind(queue=queue, exchange="amq.direct", routing_key="k"),
                Queue.Bind(queue=queue, exchange="amq.direct", routing_key="bound"),
                Queue.Unbind(queue=queue, exchange="amq.direct", routing_key="bound")):
            self.is_refused(405, locked, method)
        self.is_refused(
            404, "NOT_FOUND - no exchange 'gone' in vhost '/'", Queue.Bind(queue=queue, exchange="gone", routing_key="k"))
        self.is_refused(
            406, 'PRECONDITION_FAILED - Invalid x-match field value <<"some">>; expected all, any, all-with-x, or '
            "any-with-x",
            Queue.Bind(queue=queue, exchange="amq.headers", routing_key="", arguments={"x-match": "some"}))
        self.ask(Queue.Unbind(queue=queue, exchange="amq.direct", routing_key="never bound"))


class Publishing(SpokenCase):
    def test_message_that_cannot_be_is_refused(self):
        internal = self.exchange(internal=True)
        for code, text, said in (
                (404, "NOT_FOUND - no exchange 'gone' in vhost '/'", publish("k", exchange="gone")),
                (403, f"ACCESS_REFUSED - cannot publish to internal exchange '{internal}' in vhost '/'",
                 publish("k", exchange=internal)),
                (403, "ACCESS_REFUSED - cannot publish to internal exchange 'amq.rabbitmq.trace' in vhost '/'",
                 publish("k", exchange="amq.rabbitmq.trace")),
                (406, "PRECONDITION_FAILED - user_id property set to 'me' but authenticated user was 'guest'",
                 publish("k", user_id="me"))):
            self.is_refused(code, text, said, failing=PUBLISH)

    def test_expiration_is_a_number_of_milliseconds(self):
        for expiration, fault in (
                ("soon", "no_integer"), ("", "no_integer"), ("-1", "{value_negative,-1}"),
                ("1.5", '{leftover_string,".5"}'), ("315360000001", "{value_too_large,315360000001}")):
            self.is_refused(
                406, f"PRECONDITION_FAILED - invalid expiration '{expiration}': {fault}",
                publish("k", expiration=expiration), failing=PUBLISH)

    def test_sender_keys_are_a_list(self):
        for header in ("CC", "BCC"):
            self.is_refused(
                406, 'PRECONDITION_FAILED - invalid message: {unacceptable_type_in_header,"' + header + '",longstr}',
                publish("k", headers={header: "key"}), failing=PUBLISH)

    def test_sender_keys_that_are_no_text_are_passed_by(self):
        queue = self.queue()
        self.say(publish("nowhere", headers={"CC": [1, queue, None]}))
        self.assertEqual(0, self.ask(Queue.Declare(queue=queue, passive=True)).consumer_count)
        self.assertEqual(1, self.ask(Queue.Purge(queue=queue)).message_count)

    def test_immediate_is_540(self):
        self.is_refused(540, "NOT_IMPLEMENTED - immediate=true", publish("k", immediate=True), failing=PUBLISH)


class Channels(SpokenCase):
    def test_what_is_not_there_at_all_is_540(self):
        self.is_refused(540, "NOT_IMPLEMENTED - prefetch_size!=0 (1)", Basic.Qos(prefetch_size=1))
        self.is_refused(540, "NOT_IMPLEMENTED - active=false", spec.Channel.Flow(active=False))
        for recover in (Basic.Recover, Basic.RecoverAsync):
            self.is_refused(540, "NOT_IMPLEMENTED - requeue=false", recover(requeue=False))

    def test_confirms_and_transactions_exclude_each_other(self):
        self.is_refused(
            406, "PRECONDITION_FAILED - cannot switch from tx to confirm mode", spec.Tx.Select(), spec.Confirm.Select())
        self.is_refused(
            406, "PRECONDITION_FAILED - cannot switch from confirm to tx mode", spec.Confirm.Select(), spec.Tx.Select())
        for method in (spec.Tx.Commit(), spec.Tx.Rollback()):
            self.is_refused(406, "PRECONDITION_FAILED - channel is not transactional", method)

    def test_method_of_the_server_is_503(self):
        for method in (
                Queue.DeclareOk(queue="q", message_count=0, consumer_count=0), spec.Channel.CloseOk(),
                spec.Connection.Open(virtual_host="/")):
            self.is_refused(503, "COMMAND_INVALID - unimplemented method", method)

    def test_what_is_no_matter_of_the_connection_is_504(self):
        for method in (
                spec.Channel.Open(), Queue.Declare(queue="q"), spec.Connection.Open(virtual_host="/"),
                spec.Connection.TuneOk(0, 0, 0)):
            self.say(method, channel=0)
            close = self.hear()
            self.assertEqual(
                (504, "CHANNEL_ERROR - unexpected method in connection state running"),
                (close.reply_code, close.reply_text))
            self.connection = self.with_channel()

    def test_unknown_tag_is_406_whatever_is_said_of_it(self):
        for tag in (0, 5):
            for method in (Basic.Ack(delivery_tag=tag), Basic.Nack(delivery_tag=tag), Basic.Reject(delivery_tag=tag)):
                self.is_refused(406, f"PRECONDITION_FAILED - unknown delivery tag {tag}", method)
        self.is_refused(
            406, "PRECONDITION_FAILED - unknown delivery tag 5", Basic.Ack(delivery_tag=5, multiple=True))

    def test_tag_0_with_multiple_is_all_also_of_none(self):
        self.say(Basic.Ack(delivery_tag=0, multiple=True), Basic.Nack(delivery_tag=0, multiple=True))
        self.is_fine()

    def test_message_that_needs_no_ack_has_no_tag_to_settle(self):
        queue = self.queue()
        self.say(publish(queue), Basic.Get(queue=queue, no_ack=True))
        tag = self.hear().delivery_tag
        self.connection.frame(), self.connection.frame()
        self.is_refused(406, f"PRECONDITION_FAILED - unknown delivery tag {tag}", Basic.Ack(delivery_tag=tag))

    def test_priority_of_a_consumer_is_a_number(self):
        queue = self.queue()
        self.is_refused(
            406, f"PRECONDITION_FAILED - invalid arg 'x-priority' for queue '{queue}' in vhost '/': "
            '"expected integer, got longstr"', Basic.Consume(queue=queue, arguments={"x-priority": "high"}))

    def test_tag_of_a_consumer_is_its_own_on_its_channel_only(self):
        queue = self.queue()
        self.ask(Basic.Consume(queue=queue, consumer_tag="t"))
        self.ask(spec.Channel.Open(), channel=2)
        self.assertEqual("t", self.ask(Basic.Consume(queue=queue, consumer_tag="t"), channel=2).consumer_tag)
        self.is_refused(
            530, "NOT_ALLOWED - attempt to reuse consumer tag 't'", Basic.Consume(queue=queue, consumer_tag="t"))

    def test_only_one_can_take_from_a_queue_that_is_in_exclusive_use(self):
        queue = self.queue()
        text = f"ACCESS_REFUSED - queue '{queue}' in vhost '/' in exclusive use"
        self.ask(Basic.Consume(queue=queue, exclusive=True))
        self.is_refused(403, text, Basic.Consume(queue=queue))
        single = self.queue(arguments={"x-single-active-consumer": True})
        self.is_refused(
            403, f"ACCESS_REFUSED - queue '{single}' in vhost '/' in exclusive use",
            Basic.Consume(queue=single, exclusive=True))
