"""From the first byte to connection.open."""

import struct
import time

import amqp_socket as amqp
from protocol_case import ProtocolCase


class FirstBytes(ProtocolCase):
    def answer_to(self, *parts):
        connection = self.connect()
        connection.send(*parts)
        return connection.read_to_end()

    def test_other_protocols_are_answered_with_ours_and_a_close(self):
        tls, amqp_1_0 = b"\x16\x03\x01\x02\x00\x01\x00\x01", b"AMQP\x00\x01\x00\x00"
        for first in (b"HELOHELO", amqp_1_0, b"AMQP\x00\x00\x09\x02", tls):
            self.assertEqual(amqp.HEADER, self.answer_to(first), first)

    def test_http_is_answered_and_closed(self):
        answer = self.answer_to(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")

        self.assertTrue(answer.startswith((amqp.HEADER, b"HTTP/1.1 ")), answer[:20])

    def test_header_may_arrive_byte_by_byte(self):
        connection = self.connect()
        for byte in amqp.HEADER:
            connection.send(bytes([byte]))

        connection.expect(amqp.START)


class Silence(ProtocolCase):
    broker_flags = ("--handshake-timeout", "1")

    def test_silence_is_ended_when_its_time_is_over(self):
        begin = time.monotonic()
        logged_in = self.logged_in()
        at_first, after_start = self.connect(), self.connect()
        after_start.send(amqp.HEADER)
        after_start.expect(amqp.START)

        self.assertEqual(b"", at_first.read_to_end())
        after_start.read_to_end()

        self.assertGreater(time.monotonic() - begin, 0.9 if self.broker.can_restart else 8)
        logged_in.open_channel()


class Login(ProtocolCase):
    def test_start_offers_version_mechanisms_and_locale(self):
        connection = self.connect()
        connection.send(amqp.HEADER)

        arguments = connection.expect(amqp.START)

        self.assertEqual(b"\x00\x09", arguments[:2])
        size, = struct.unpack(">I", arguments[2:6])
        self.assertIn(b"varve_version" if self.broker.can_restart else b"version", arguments[6:6 + size])
        mechanisms, locales = arguments[6 + size + 4:].split(b"\0\0\0\5")
        self.assertTrue({b"PLAIN", b"AMQPLAIN"} <= set(mechanisms.split(b" ")), mechanisms)
        self.assertNotIn(b"EXTERNAL", mechanisms)
        self.assertEqual(b"en_US", locales)

    def test_tune_offers_what_rabbitmq_offers(self):
        self.assertEqual((2047, 131072, 60), self.connect().log_in())

    def test_amqplain_logs_in(self):
        self.connect().log_in(amqp.amqplain("guest", "guest"))

    def answering(self, start_ok):
        """A connection that has sent this and awaits the answer."""
        connection = self.connect()
        connection.send(amqp.HEADER)
        connection.expect(amqp.START)
        connection.send(amqp.method(0, amqp.START_OK, start_ok))
        return connection

    def test_wrong_password_ends_the_connection(self):
        for start_ok in (amqp.plain(password="wrong"), amqp.amqplain("guest", "wrong"), amqp.plain(user="")):
            self.assertEqual(b"", self.answering(start_ok).read_to_end())

    def test_wrong_password_is_403_for_a_client_that_can_take_it(self):
        capabilities = amqp.short_string("capabilities") + b"F" + amqp.long_string(
            amqp.short_string("authentication_failure_close") + b"t\1")
        connection = self.answering(amqp.long_string(capabilities) + amqp.plain(password="wrong")[4:])

        code, text, _ = connection.expect_close()

        self.assertEqual(
            (403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. "
             "For details see the broker logfile."), (code, text))

    def test_unknown_mechanism_ends_the_connection(self):
        start_ok = amqp.table() + amqp.short_string("MAGIC") + amqp.long_string("abra") + amqp.short_string("en_US")
        self.ends(self.answering(start_ok))

    def test_malformed_login_ends_the_connection(self):
        for start_ok in (b"", b"\xff\xff\xff\xff", amqp.table() + amqp.short_string("PLAIN") + amqp.long_string("no zeros")):
            self.ends(self.answering(start_ok))

    def test_method_out_of_turn_ends_the_connection(self):
        for early in (amqp.method(0, amqp.OPEN, amqp.short_string("/") + b"\0\0"), amqp.method(1, amqp.CHANNEL_OPEN, b"\0")):
            connection = self.connect()
            connection.send(amqp.HEADER)
            connection.expect(amqp.START)
            connection.send(early)
            self.ends(connection)

    def test_limits_beyond_what_was_offered_are_530(self):
        for tune, text in (
                ((4000, 131072), "negotiated channel_max = 4000 is higher than the maximum allowed value (2047)"),
                ((2047, 200000), "negotiated frame_max = 200000 is higher than the maximum allowed value (131072)"),
                ((2047, 1024), "negotiated frame_max = 1024 is lower than the minimum allowed value (4096)")):
            connection = self.answering(amqp.plain())
            connection.expect(amqp.TUNE)
            connection.send(amqp.method(0, amqp.TUNE_OK, struct.pack(">HIH", *tune, 0)))

            self.assert_closes_if_ours(connection, 530, "NOT_ALLOWED - " + text)

    def test_frame_max_below_the_minimum_ends_the_connection(self):
        connection = self.answering(amqp.plain())
        connection.expect(amqp.TUNE)
        connection.send(amqp.method(0, amqp.TUNE_OK, struct.pack(">HIH", 0, 1024, 0)))

        self.ends(connection)


class Session(ProtocolCase):
    def test_client_closes_and_is_answered(self):
        connection = self.logged_in()
        connection.send(amqp.method(0, amqp.CLOSE, struct.pack(">H", 200) + amqp.short_string("bye") + b"\0\0\0\0"))

        connection.expect(amqp.CLOSE_OK)

    def test_renewed_secret_is_taken_whatever_it_is(self):
        connection = self.logged_in()
        for secret in ("guest", "no password"):
            connection.send(amqp.method(0, amqp.UPDATE_SECRET, amqp.long_string(secret) + amqp.short_string("renewed")))

            connection.expect(amqp.UPDATE_SECRET_OK)

    def test_server_sends_heartbeats_and_ends_a_silent_client(self):
        connection = self.logged_in(heartbeat=1)

        self.assertEqual((amqp.HEARTBEAT, 0, b""), connection.frame())

        begin = time.monotonic()
        connection.read_to_end()
        self.assertLess(time.monotonic() - begin, 8)

    def test_shutdown_closes_with_320(self):
        self.needs_restart()
        connection = self.with_channel()
        self.broker.process.terminate()

        self.assert_closes(connection, 320, "CONNECTION_FORCED", failing=(0, 0))
        connection.close()  # which the broker would wait for
        self.assertEqual(0, self.broker.process.wait(20))
