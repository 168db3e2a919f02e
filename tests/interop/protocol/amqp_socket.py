"""AMQP 0-9-1 by hand, to send what no client library would."""

import contextlib
import socket
import struct

HEADER = b"AMQP\x00\x00\x09\x01"
METHOD, CONTENT_HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
FRAME_END = b"\xce"

START, START_OK, TUNE, TUNE_OK, OPEN, OPEN_OK, CLOSE, CLOSE_OK = (
    (10, 10), (10, 11), (10, 30), (10, 31), (10, 40), (10, 41), (10, 50), (10, 51))
UPDATE_SECRET, UPDATE_SECRET_OK = (10, 70), (10, 71)
CHANNEL_OPEN, CHANNEL_OPEN_OK, CHANNEL_CLOSE, CHANNEL_CLOSE_OK = (20, 10), (20, 11), (20, 40), (20, 41)
QUEUE_DECLARE, QUEUE_DECLARE_OK = (50, 10), (50, 11)
BASIC_PUBLISH, BASIC_GET, BASIC_GET_OK, BASIC_ACK = (60, 40), (60, 70), (60, 71), (60, 80)
CONFIRM_SELECT, CONFIRM_SELECT_OK = (85, 10), (85, 11)


def short_string(text):
    data = text.encode() if isinstance(text, str) else text
    return bytes([len(data)]) + data


def long_string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def table(**fields):
    """Of text values only."""
    return long_string(b"".join(short_string(key) + b"S" + long_string(value) for key, value in fields.items()))


def frame(kind, channel, payload):
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + FRAME_END


def method(channel, ids, arguments=b""):
    return frame(METHOD, channel, struct.pack(">HH", *ids) + arguments)


def plain(user="guest", password="guest"):
    return table() + short_string("PLAIN") + long_string(f"\0{user}\0{password}") + short_string("en_US")


def amqplain(user, password):
    response = table(LOGIN=user, PASSWORD=password)[4:]  # the table without its own length
    return table() + short_string("AMQPLAIN") + long_string(response) + short_string("en_US")


def declare(queue, arguments=None, flags=0):
    """queue.declare; flags: 1 passive, 2 durable, 4 exclusive, 8 auto-delete, 16 no-wait."""
    return b"\0\0" + short_string(queue) + bytes([flags]) + (table() if arguments is None else arguments)


def publish(channel, routing_key, body):
    """A whole publish to the default exchange."""
    return (
        method(channel, BASIC_PUBLISH, b"\0\0" + short_string("") + short_string(routing_key) + b"\0")
        + content_header(channel, len(body)) + frame(BODY, channel, body))


def content_header(channel, size, class_id=60, weight=0, properties=b"\0\0"):
    return frame(CONTENT_HEADER, channel, struct.pack(">HHQ", class_id, weight, size) + properties)


class Closed(Exception):
    """The peer closed the connection."""


class AmqpSocket:
    def __init__(self, host, port, timeout_s=20):
        self.socket = socket.create_connection((host, port), timeout_s)
        self.received = b""

    def close(self):
        self.socket.close()

    def send(self, *parts):
        with contextlib.suppress(ConnectionError):  # the server may have closed: what it said before is what counts
            self.socket.sendall(b"".join(parts))

    def read(self, size):
        while len(self.received) < size:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                raise Closed(self.received)
            self.received += data
        data, self.received = self.received[:size], self.received[size:]
        return data

    def read_to_end(self):
        with contextlib.suppress(Closed):
            self.read(1 << 30)
        return self.received

    def frame(self):
        """(type, channel, payload) of the next frame."""
        kind, channel, size = struct.unpack(">BHI", self.read(7))
        payload = self.read(size + 1)
        assert payload[-1:] == FRAME_END
        return kind, channel, payload[:-1]

    def next_method(self):
        """(channel, ids, arguments) of the next frame that is no heartbeat."""
        kind = HEARTBEAT
        while kind == HEARTBEAT:
            kind, channel, payload = self.frame()
        assert kind == METHOD, f"frame type {kind}"
        return channel, struct.unpack(">HH", payload[:4]), payload[4:]

    def expect(self, *ids):
        """Arguments of the next method, which is one of `ids`."""
        _, got, arguments = self.next_method()
        if got not in ids:
            raise AssertionError(f"{got} instead of {ids}: {arguments!r}")
        return arguments

    def expect_close(self, ids=CLOSE):
        """(code, text, failing class and method) of the close that comes next."""
        arguments = self.expect(ids)
        code, size = struct.unpack(">HB", arguments[:3])
        return code, arguments[3:3 + size].decode(), struct.unpack(">HH", arguments[3 + size:])

    def log_in(self, start_ok=None, channel_max=2047, frame_max=131072, heartbeat=0, vhost="/"):
        """Up to connection.open-ok; what tune offered."""
        self.send(HEADER)
        self.expect(START)
        self.send(method(0, START_OK, start_ok or plain()))
        offered = struct.unpack(">HIH", self.expect(TUNE))
        # In one piece: nobody needs to wait between the two.
        self.send(
            method(0, TUNE_OK, struct.pack(">HIH", channel_max, frame_max, heartbeat)),
            method(0, OPEN, short_string(vhost) + b"\0\0"))
        self.expect(OPEN_OK)
        return offered

    def open_channel(self, channel=1):
        self.send(method(channel, CHANNEL_OPEN, b"\0"))
        self.expect(CHANNEL_OPEN_OK)
