"""The 28 queues and 29 exchanges in which Celery 5.5 and later lets a task wait, built here by hand: Debian's Celery is
older. The matrix has the same with the real one."""

import time

import kombu

from broker_case import BrokerCase

LEVELS = 28
MESSAGES = 600
SHORTEST_S, LONGEST_S = 2, 6
DEATHS = 3


def declare_levels(channel):
    """As kombu's declare_native_delayed_delivery_exchanges_and_queues does it."""
    for level in reversed(range(LEVELS)):
        before = "*." * (LEVELS - 1 - level)
        name, below = f"celery_delayed_{level}", f"celery_delayed_{level - 1}" if level else "celery_delayed_delivery"
        channel.exchange_declare(name, "topic", durable=True, auto_delete=False)
        channel.exchange_declare(below, "topic", durable=True, auto_delete=False)
        channel.queue_declare(name, durable=True, auto_delete=False, arguments={
            "x-queue-type": "quorum", "x-overflow": "reject-publish", "x-message-ttl": 2 ** level * 1000,
            "x-dead-letter-exchange": below, "x-dead-letter-strategy": "at-least-once"})
        channel.queue_bind(name, name, f"{before}1.#")
        channel.exchange_bind(below, name, f"{before}0.#")


def key_of(seconds, key):
    return ".".join(f"{seconds:0{LEVELS}b}") + f".{key}"


class DelayLevels(BrokerCase):
    limit_s = 180

    def connect(self):
        connection = kombu.Connection(
            f"amqp://guest:guest@{self.broker.host}:{self.broker.port}//", transport_options={"confirm_publish": True})
        connection.connect()
        return connection

    def setUp(self):
        self.key = self.unique("delayed")
        self.queue = kombu.Queue(
            self.key, kombu.Exchange("celery_delayed_delivery", "topic"), f"#.{self.key}",
            queue_arguments={"x-queue-type": "quorum"})

    def publish_all(self, begin):
        """Each says when it is due, in seconds from `begin`."""
        with self.connect() as connection:
            declare_levels(connection.default_channel)
            self.queue(connection).declare()
            producer = kombu.Producer(connection, kombu.Exchange(f"celery_delayed_{LEVELS - 1}", "topic"))
            for number in range(MESSAGES):
                seconds = SHORTEST_S + number % (LONGEST_S - SHORTEST_S + 1)
                producer.publish([number, time.monotonic() - begin + seconds], routing_key=key_of(seconds, self.key))

    def take(self, arrived, begin, until):
        """Consumes until `until` holds."""
        def on_message(body, message):
            number, due = body
            arrived.append((number, time.monotonic() - begin - due, message.delivery_info["redelivered"]))
            message.ack()

        with self.connect() as connection, kombu.Consumer(connection, [self.queue], callbacks=[on_message]):
            while not until():
                connection.drain_events(timeout=20)

    def check(self, arrived):
        """All have come, none before its time, and none twice without saying so."""
        self.assertEqual(set(range(MESSAGES)), {number for number, _, _ in arrived})
        self.assertGreater(min(late for _, late, _ in arrived), -0.02)  # Each level counts in whole milliseconds.
        seen = set()
        for number, _, redelivered in arrived:
            self.assertTrue(redelivered or number not in seen, f"{number} came twice")
            seen.add(number)

    def test_messages_come_at_their_time(self):
        begin, arrived = time.monotonic(), []
        self.publish_all(begin)

        self.take(arrived, begin, lambda: len(arrived) == MESSAGES)

        self.check(arrived)
        late = sorted(late for _, late, _ in arrived)
        print(f"late by: median {1000 * late[MESSAGES // 2]:.1f} ms, most {1000 * late[-1]:.1f} ms")

    def test_no_message_is_lost_when_the_broker_dies_again_and_again(self):
        self.needs_restart()
        begin, arrived = time.monotonic(), []
        self.publish_all(begin)

        for death in range(1, DEATHS + 1):
            self.take(arrived, begin, lambda: len(arrived) >= death * MESSAGES // (DEATHS + 1))
            self.broker.kill()
            self.broker.start()
        numbers = {number for number, _, _ in arrived}

        def all_there():
            numbers.update(number for number, _, _ in arrived)
            return len(numbers) == MESSAGES

        self.take(arrived, begin, all_there)
        self.check(arrived)
