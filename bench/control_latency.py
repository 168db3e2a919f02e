#!/usr/bin/env python3
"""How long does remote control wait in the broker while another queue moves 50,000 messages/s of 1 KiB? One command and one
answer as Celery sends them (transient, fanout to a transient queue, answer by a direct exchange), and the declaration of
such a queue; each ROUNDS times, quiet and beside `varve bench`. Needs a running broker, and the program in VARVE:
control_latency.py [HOST:PORT].
"""

import os
import signal
import subprocess
import sys
import threading
import time

import pika

ROUNDS = 2000
RATE = 50000
QUEUE = {"x-message-ttl": 300000, "x-expires": 10000}


def connect():
    host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:5672").rsplit(":", 1)
    return pika.BlockingConnection(pika.ConnectionParameters(host=host, port=int(port)))


def answer(channel):
    """The worker's side: answers each command until one says stop."""
    for _, _, body in channel.consume("bench.control.one", auto_ack=True):
        if body == b"stop":
            break
        channel.basic_publish("bench.reply", "asker", body)
    channel.connection.close()


def timed_ms(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def show(what, took_ms):
    took_ms.sort()
    print(f"{what}: median {took_ms[len(took_ms) // 2]:.2f} ms, 99 % {took_ms[len(took_ms) * 99 // 100]:.2f} ms, "
          f"most {took_ms[-1]:.2f} ms", flush=True)


def measure(channel, when):
    answers = channel.consume("bench.reply.asker", auto_ack=True)

    def ask():
        channel.basic_publish("bench.control", "", b"ping")
        next(answers)

    show(f"{when}, asked and answered", [timed_ms(ask) for _ in range(ROUNDS)])
    channel.cancel()
    show(f"{when}, declared again", [timed_ms(lambda: channel.queue_declare("bench.reply.asker", arguments=QUEUE))
                                     for _ in range(ROUNDS)])


def main():
    asker, worker = connect().channel(), connect().channel()
    asker.exchange_declare("bench.control", "fanout", auto_delete=True)
    asker.exchange_declare("bench.reply", "direct", auto_delete=True)
    for queue, exchange, key in (("bench.control.one", "bench.control", ""), ("bench.reply.asker", "bench.reply", "asker")):
        asker.queue_declare(queue, arguments=QUEUE)
        asker.queue_bind(queue, exchange, key)
    serving = threading.Thread(target=answer, args=(worker,))
    serving.start()

    measure(asker, "quiet")
    load = subprocess.Popen(
        [os.environ.get("VARVE", "varve"), "bench", "--uri", f"amqp://guest:guest@{(sys.argv + ['127.0.0.1:5672'])[1]}/%2f",
         "--rate", str(RATE), "--ack-every", "100", "--duration", "300s"], stdout=sys.stdout)
    while asker.queue_declare("varve-bench-0", durable=True).method.consumer_count == 0:
        asker.connection.process_data_events(0.01)
    measure(asker, "beside the load")
    load.send_signal(signal.SIGINT)
    load.wait()

    asker.basic_publish("bench.control", "", b"stop")
    serving.join()
    for queue in ("bench.control.one", "bench.reply.asker"):
        asker.queue_delete(queue)
    asker.connection.close()


if __name__ == "__main__":
    main()
