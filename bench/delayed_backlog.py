#!/usr/bin/env python3
"""What do ten million delayed messages cost a broker, and does it keep them and their order over a kill -9?

Publishes COUNT persistent messages of 256 bytes, due in 1 to 24 hours, and then 100,000 due within the 20 seconds that
begin 25 seconds later; kills the broker once all are confirmed, starts it again and consumes what becomes due. Prints
rates, the broker's memory, the time of the restart, lateness and messages out of order.

    delayed_backlog.py VARVED DATA_DIR [COUNT]     (default 10000000; about 4 GB of disk)
"""

import random
import signal
import socket
import struct
import subprocess
import sys
import time

import pika

PORT = 25681
SOON = 100_000
SOON_BEGIN_MS, SOON_LENGTH_MS = 25_000, 20_000
FAR_MIN_MS, FAR_MAX_MS = 3_600_000, 86_400_000
BODY = 256
CHUNK, WINDOW = 1000, 50_000


class Broker:
    def __init__(self, varved, data_dir):
        self.command = [varved, "--data-dir", data_dir, "--amqp-port", str(PORT), "--log-level", "warn"]
        self.start()

    def start(self):
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return time.monotonic() - begin

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def memory_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        return {name: int(fields[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM")}


def shortstr(text):
    return bytes([len(text)]) + text


def frame(kind, channel, payload):
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


class Publisher:
    """Speaks AMQP by hand: a client library is slower than the broker."""

    def __init__(self, exchange):
        self.socket = socket.create_connection(("127.0.0.1", PORT))
        self.buffer = b""
        self.sent = self.confirmed = 0
        self.socket.sendall(b"AMQP\0\0\x09\x01")
        self.next_frame()
        self.method(0, 10, 11, struct.pack(">I", 0) + shortstr(b"PLAIN") + struct.pack(">I", 12) +
                    b"\0guest\0guest" + shortstr(b"en_US"))
        self.next_frame()
        self.method(0, 10, 31, struct.pack(">HIH", 2047, 131072, 0))
        self.method(0, 10, 40, shortstr(b"/") + b"\0\0")
        self.next_frame()
        self.method(1, 20, 10, b"\0")
        self.next_frame()
        self.method(1, 85, 10, b"\0")
        self.next_frame()
        table = shortstr(b"x-delay") + b"l"
        self.before = (frame(1, 1, struct.pack(">HHH", 60, 40, 0) + shortstr(exchange) + b"\0\0") +
                       struct.pack(">BHI", 2, 1, 2 + 2 + 8 + 2 + 4 + len(table) + 8 + 1) +
                       struct.pack(">HHQHI", 60, 0, BODY, 0x3000, len(table) + 8) + table)
        self.between = b"\x02\xce" + struct.pack(">BHI", 3, 1, BODY)
        self.after = bytes(BODY - 16) + b"\xce"

    def method(self, channel, class_id, method_id, arguments):
        self.socket.sendall(frame(1, channel, struct.pack(">HH", class_id, method_id) + arguments))

    def next_frame(self):
        while len(self.buffer) < 7 or len(self.buffer) < 8 + struct.unpack_from(">I", self.buffer, 3)[0]:
            self.buffer += self.socket.recv(65536)
        end = 8 + struct.unpack_from(">I", self.buffer, 3)[0]
        payload, self.buffer = self.buffer[7:end - 1], self.buffer[end:]
        return payload

    def wait(self, outstanding):
        while self.sent - self.confirmed > outstanding:
            payload = self.next_frame()
            assert payload[:4] == struct.pack(">HH", 60, 80), payload
            self.confirmed = struct.unpack_from(">Q", payload, 4)[0]

    def publish(self, delays):
        now = int(time.time() * 1000)
        parts = []
        for delay in delays:
            self.sent += 1
            parts += (self.before, struct.pack(">q", delay), self.between,
                      struct.pack(">qq", now + delay, self.sent), self.after)
        self.socket.sendall(b"".join(parts))
        self.wait(WINDOW)


def consume_due(count):
    connection = pika.BlockingConnection(pika.ConnectionParameters(port=PORT))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=2000)
    late, early_ones, newest, numbers = [], 0, 0, set()
    backward = []
    for method, _, body in channel.consume("bench.due", inactivity_timeout=30):
        if method is None:
            break
        due, number = struct.unpack_from(">qq", body)
        late.append(time.time() * 1000 - due)
        early_ones += late[-1] < -1
        numbers.add(number)
        backward.append(max(0, newest - due))
        newest = max(newest, due)
        if len(late) % 500 == 0:
            channel.basic_ack(method.delivery_tag, multiple=True)
        if len(late) == count:  # a multiple of 500
            break
    channel.cancel()
    connection.close()
    late.sort()
    backward.sort()
    print(f"received {len(late)} ({len(numbers)} different, {early_ones} early); late by: median {late[len(late) // 2]:.1f} ms, "
          f"99 % {late[len(late) * 99 // 100]:.1f} ms, most {late[-1]:.1f} ms; before one that was due earlier: "
          f"99 % {backward[len(backward) * 99 // 100]} ms, most {backward[-1]} ms")


def main():
    varved, data_dir = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000_000
    broker = Broker(varved, data_dir)
    connection = pika.BlockingConnection(pika.ConnectionParameters(port=PORT))
    channel = connection.channel()
    channel.exchange_declare("bench.delayed", "x-delayed-message", durable=True, arguments={"x-delayed-type": "fanout"})
    channel.queue_declare("bench.due", durable=True)
    channel.queue_bind("bench.due", "bench.delayed")
    connection.close()

    chance = random.Random(1)
    publisher = Publisher(b"bench.delayed")
    begin = time.monotonic()
    for _ in range(count // CHUNK):
        publisher.publish([chance.randint(FAR_MIN_MS, FAR_MAX_MS) for _ in range(CHUNK)])
    publisher.wait(0)
    took = time.monotonic() - begin
    print(f"published and confirmed {count} in {took:.0f} s, {count / took:.0f}/s; memory {broker.memory_mb()} MB", flush=True)
    soon = time.monotonic() * 1000 + SOON_BEGIN_MS
    for _ in range(SOON // CHUNK):
        left = int(soon - time.monotonic() * 1000)
        publisher.publish([left + chance.randint(0, SOON_LENGTH_MS) for _ in range(CHUNK)])
    publisher.wait(0)
    broker.kill()
    took = broker.start()
    print(f"killed and started again in {took:.2f} s; memory {broker.memory_mb()} MB", flush=True)
    print(f"{(soon - time.monotonic() * 1000) / 1000:.1f} s before the first is due", flush=True)
    consume_due(SOON)
    print(f"memory {broker.memory_mb()} MB", flush=True)
    connection = pika.BlockingConnection(pika.ConnectionParameters(port=PORT))
    left = connection.channel().queue_declare("amq.delayed.bench.delayed", passive=True).method.message_count
    print(f"still waiting: {left} of {count}")
    connection.close()
    begin = time.monotonic()
    broker.process.terminate()
    broker.process.wait()
    print(f"stopped in {time.monotonic() - begin:.2f} s, started again in {broker.start():.2f} s; memory {broker.memory_mb()} MB")
    broker.kill()


if __name__ == "__main__":
    main()
