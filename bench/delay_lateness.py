#!/usr/bin/env python3
"""How late does a delayed message come? 2,000 persistent messages of 256 bytes through x-delayed-message, due at random
within 3 to 8 s; from due to received, clock of one process. Needs a running broker: delay_lateness.py [HOST:PORT].
"""

import random
import sys
import time

import pika

MESSAGES = 2000
DELAY_MIN_MS, DELAY_MAX_MS = 3000, 8000  # the first is due when all are published


def main():
    host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:5672").rsplit(":", 1)
    connection = pika.BlockingConnection(pika.ConnectionParameters(host=host, port=int(port)))
    channel = connection.channel()
    channel.exchange_declare(
        "bench.delayed", "x-delayed-message", durable=True, arguments={"x-delayed-type": "fanout"})
    channel.queue_declare("bench.due", durable=True)
    channel.queue_bind("bench.due", "bench.delayed")

    chance = random.Random(1)
    for _ in range(MESSAGES):
        delay = chance.randint(DELAY_MIN_MS, DELAY_MAX_MS)
        due = time.time() + delay / 1000
        channel.basic_publish(
            "bench.delayed", "", repr(due).encode().ljust(256),
            pika.BasicProperties(delivery_mode=2, headers={"x-delay": delay}))
    late_ms = []
    for _, _, body in channel.consume("bench.due", auto_ack=True):
        late_ms.append((time.time() - float(body)) * 1000)
        if len(late_ms) == MESSAGES:
            break
    late_ms.sort()
    print(f"late by: median {late_ms[MESSAGES // 2]:.2f} ms, 99 % {late_ms[MESSAGES * 99 // 100]:.2f} ms, "
          f"most {late_ms[-1]:.2f} ms, least {late_ms[0]:.2f} ms")
    channel.cancel()
    channel.queue_delete("bench.due")
    channel.exchange_delete("bench.delayed")
    connection.close()


if __name__ == "__main__":
    main()
