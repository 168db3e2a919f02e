"""What breaks the protocol is answered with the right code, and hurts nobody else."""

import random

import amqp_socket as amqp
from protocol_case import ProtocolCase


class Frames(ProtocolCase):
    def test_wrong_frame_end_is_501(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("q"))[:-1] + b"\xcd")

        self.assert_closes(connection, 501, "FRAME_ERROR")

    def test_frame_above_frame_max_is_501(self):
        connection = self.with_channel(frame_max=4096)
        connection.send(amqp.frame(amqp.BODY, 1, b"x" * 5000))

        self.assert_closes(connection, 501, "FRAME_ERROR")

    def test_frame_of_exactly_frame_max_passes(self):
        connection = self.with_channel(frame_max=4096)
        queue = self.unique("q")
        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare(queue, flags=4)))
        connection.expect(amqp.QUEUE_DECLARE_OK)
        connection.send(amqp.method(1, amqp.CONFIRM_SELECT, b"\0"))
        connection.expect(amqp.CONFIRM_SELECT_OK)

        connection.send(amqp.publish(1, queue, b"x" * (4096 - 8)))

        connection.expect(amqp.BASIC_ACK)

    def test_unknown_frame_type_is_an_error(self):
        connection = self.with_channel()
        connection.send(amqp.frame(7, 1, b""))

        self.assertIn(connection.expect_close()[0], (501, 505))

    def test_unknown_method_is_an_error(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, (60, 199)))

        self.assert_closes_if_ours(connection, 540, "NOT_IMPLEMENTED")

    def test_method_may_arrive_byte_by_byte(self):
        connection = self.with_channel()
        for byte in amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("", flags=4)):
            connection.send(bytes([byte]))

        connection.expect(amqp.QUEUE_DECLARE_OK)


class Content(ProtocolCase):
    PUBLISH = amqp.method(1, amqp.BASIC_PUBLISH, b"\0\0" + amqp.short_string("") + amqp.short_string("q") + b"\0")

    def unexpected(self, *frames):
        connection = self.with_channel()
        connection.send(*frames)
        self.assert_closes(connection, 505, "UNEXPECTED_FRAME")

    def test_header_without_method_is_505(self):
        self.unexpected(amqp.content_header(1, 1))

    def test_body_without_header_is_505(self):
        self.unexpected(amqp.frame(amqp.BODY, 1, b"m"))
        self.unexpected(self.PUBLISH, amqp.frame(amqp.BODY, 1, b"m"))

    def test_method_instead_of_header_or_body_is_505(self):
        other = amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("q"))
        self.unexpected(self.PUBLISH, other)
        self.unexpected(self.PUBLISH, amqp.content_header(1, 5), other)

    def test_header_of_another_class_is_505(self):
        self.unexpected(self.PUBLISH, amqp.content_header(1, 1, class_id=50))

    def test_header_cut_short_ends_the_connection(self):
        connection = self.with_channel()
        connection.send(self.PUBLISH, amqp.frame(amqp.CONTENT_HEADER, 1, b"\0\x3c\0\0"))

        self.assertIn(connection.expect_close()[0], (501, 502, 505, 541))

    def test_properties_cut_short_are_an_error(self):
        connection = self.with_channel()
        connection.send(
            self.PUBLISH, amqp.content_header(1, 1, properties=b"\x80\x00\xffabc"), amqp.frame(amqp.BODY, 1, b"m"))

        self.assertIn(connection.expect_close()[0], (501, 502, 541))


class Channels(ProtocolCase):
    def test_method_on_a_channel_that_is_not_open_is_504(self):
        connection = self.logged_in()
        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("q")))

        self.assert_closes(connection, 504, "CHANNEL_ERROR - expected 'channel.open'", failing=amqp.QUEUE_DECLARE)

    def test_second_open_is_504(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, amqp.CHANNEL_OPEN, b"\0"))

        self.assert_closes(connection, 504, "CHANNEL_ERROR - second 'channel.open' seen", failing=amqp.CHANNEL_OPEN)

    def test_error_names_the_failing_method(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("gone", flags=1)))

        self.assertEqual(
            (404, "NOT_FOUND - no queue 'gone' in vhost '/'", amqp.QUEUE_DECLARE),
            connection.expect_close(amqp.CHANNEL_CLOSE))

    def test_what_follows_an_error_is_ignored_until_close_ok(self):
        connection = self.with_channel()
        queue = self.unique("q")
        connection.send(
            amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("gone", flags=1)),
            amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare(queue)), amqp.publish(1, queue, b"m"))
        connection.expect_close(amqp.CHANNEL_CLOSE)
        connection.send(amqp.method(1, amqp.CHANNEL_CLOSE_OK), amqp.method(1, amqp.CHANNEL_OPEN, b"\0"))
        connection.expect(amqp.CHANNEL_OPEN_OK)

        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare(queue, flags=1)))

        self.assertEqual(404, connection.expect_close(amqp.CHANNEL_CLOSE)[0])

    def test_error_text_is_cut_to_a_short_string(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("x" * 255, flags=1)))

        code, text, _ = connection.expect_close(amqp.CHANNEL_CLOSE)

        self.assertEqual(404, code)
        self.assertEqual("NOT_FOUND - no queue '".ljust(252, "x") + "...", text)


class Tables(ProtocolCase):
    def test_malformed_tables_are_502(self):
        key = amqp.short_string("x-message-ttl")
        for fields in (
                b"\xff", key, key + b"I\0\0", key + b"?" + b"\0" * 8, key + b"S\xff\xff\xff\xff",
                key + b"A\0\0\0\5I\0\0", key + b"F\0\0\0\x09" + key):
            connection = self.with_channel()
            connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("q", arguments=amqp.long_string(fields))))

            self.assert_closes_if_ours(connection, 502, "SYNTAX_ERROR")

    def test_table_longer_than_its_method_is_502(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("q", arguments=b"\x7f\xff\xff\xff")))

        self.assert_closes_if_ours(connection, 502, "SYNTAX_ERROR")

    def test_method_cut_short_is_502(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, amqp.QUEUE_DECLARE, b"\0\0\x7fq"))

        self.assert_closes_if_ours(connection, 502, "SYNTAX_ERROR")


class Noise(ProtocolCase):
    CONNECTIONS = 150

    def test_random_damage_never_stops_the_broker_or_other_clients(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        witness = self.with_channel()
        conversation = b"".join((
            amqp.method(1, amqp.CHANNEL_OPEN, b"\0"),
            amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("noise", amqp.table(kind="of"))),
            amqp.publish(1, "noise", b"body"), amqp.method(1, amqp.BASIC_GET, b"\0\0\5noise\1")))

        with self.subTest(seed=seed):
            for _ in range(self.CONNECTIONS):
                damaged = bytearray(conversation)
                for _ in range(chance.randint(1, 4)):
                    damaged[chance.randrange(len(damaged))] = chance.randrange(256)
                connection = self.logged_in()
                connection.send(bytes(damaged[:chance.randint(1, len(damaged))]))
                connection.close()

            witness.send(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare("", flags=4)))
            witness.expect(amqp.QUEUE_DECLARE_OK)
            self.with_channel()

    def tearDown(self):
        connection = self.with_channel()
        connection.send(amqp.method(1, (50, 40), b"\0\0" + amqp.short_string("noise") + b"\0"))
        connection.expect((50, 41))
