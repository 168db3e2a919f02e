#!/usr/bin/env python3
"""How long does a client wait that declares 115 things which are there already, one after the other, as a Celery worker
does when it starts? Promised: below 50 ms. Needs a running broker: declare_existing.py [HOST:PORT]; prints ms of each round.
"""

import statistics
import sys
import time

import pika

QUEUES = 45
EXCHANGES = 25  # and a binding for each queue: 115 in all
ROUNDS = 9


def declare_all(channel):
    for number in range(EXCHANGES):
        channel.exchange_declare(f"bench.exchange.{number}", "topic", durable=True)
    for number in range(QUEUES):
        channel.queue_declare(f"bench.queue.{number}", durable=True)
        channel.queue_bind(f"bench.queue.{number}", f"bench.exchange.{number % EXCHANGES}", f"key.{number}")


def delete_all(channel):
    for number in range(QUEUES):
        channel.queue_delete(f"bench.queue.{number}")
    for number in range(EXCHANGES):
        channel.exchange_delete(f"bench.exchange.{number}")


def timed_ms(work, *arguments):
    begin = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - begin) * 1000


def main():
    host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:5672").rsplit(":", 1)
    connection = pika.BlockingConnection(pika.ConnectionParameters(host=host, port=int(port)))
    channel = connection.channel()
    first = timed_ms(declare_all, channel)
    again = [timed_ms(declare_all, channel) for _ in range(ROUNDS)]
    delete_all(channel)
    connection.close()
    print(f"new: {first:.1f} ms; again: median {statistics.median(again):.1f} ms, from {min(again):.1f} to {max(again):.1f}")


if __name__ == "__main__":
    main()
