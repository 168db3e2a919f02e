"""Where rejected, expired and surplus messages go, and what they say then."""

import datetime

from pika_case import PikaCase


class DeadLetters(PikaCase):
    def setUp(self):
        self.ch = self.channel()
        self.graves = self.queue(self.ch, queue=self.unique("graves"))

    def source(self, **arguments):
        """A queue whose dead go to the graves."""
        arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.graves, **arguments}
        return self.queue(self.ch, queue=self.unique("source"), arguments={
            key: value for key, value in arguments.items() if value is not None})

    def buried(self):
        """The next dead message: (method, properties, body)."""
        return self.get_soon(self.ch, self.graves)

    def reject_next(self, queue):
        method, _, _ = self.get_unsettled(queue)
        self.ch.basic_reject(method.delivery_tag, requeue=False)

    def get_unsettled(self, queue):
        got = []
        self.wait_for(self.ch, lambda: got or got.extend(filter(None, self.ch.basic_get(queue))), f"one in {queue}")
        return got

    def assert_death(self, properties, **expected):
        (death, *_) = properties.headers["x-death"]
        self.assertIsInstance(death.pop("time"), datetime.datetime)
        self.assertEqual(expected, death)

    def test_rejected_message_says_so(self):
        queue = self.source()
        self.publish(self.ch, queue, b"m", headers={"mine": 1}, message_id="7")
        self.reject_next(queue)

        method, properties, body = self.buried()

        self.assert_death(
            properties, count=1, reason="rejected", queue=queue, exchange="", **{"routing-keys": [queue]})
        self.assertEqual(
            (1, "rejected", queue, ""),
            tuple(properties.headers[key] for key in (
                "mine", "x-first-death-reason", "x-first-death-queue", "x-first-death-exchange")))
        self.assertEqual(("7", b"m", self.graves), (properties.message_id, body, method.routing_key))
        self.assertFalse(method.redelivered)

    def test_expired_message_says_so_and_does_not_expire_again(self):
        queue = self.source()
        self.publish(self.ch, queue, b"m", expiration="50")

        _, properties, _ = self.buried()

        self.assertIsNone(properties.expiration)
        self.assert_death(properties, count=1, reason="expired", queue=queue, exchange="", **{
            "routing-keys": [queue], "original-expiration": "50"})

    def test_message_that_expires_by_its_queues_limit_says_so(self):
        queue = self.source(**{"x-message-ttl": 50})
        self.publish(self.ch, queue, b"m")

        _, properties, _ = self.buried()

        self.assert_death(
            properties, count=1, reason="expired", queue=queue, exchange="", **{"routing-keys": [queue]})

    def test_expired_messages_arrive_in_order(self):
        queue = self.source(**{"x-message-ttl": 50})
        bodies = [str(n).encode() for n in range(50)]
        self.publish(self.ch, queue, *bodies)

        self.wait_ready_count(self.graves, len(bodies))
        self.assertEqual(bodies, self.get_all(self.ch, self.graves))

    def test_surplus_message_says_maxlen(self):
        queue = self.source(**{"x-max-length": 1})
        self.publish(self.ch, queue, b"1", b"2")

        _, properties, body = self.buried()

        self.assertEqual(b"1", body)
        self.assert_death(properties, count=1, reason="maxlen", queue=queue, exchange="", **{"routing-keys": [queue]})

    def test_refused_publish_is_dead_lettered_when_asked(self):
        queue = self.source(**{"x-max-length": 1, "x-overflow": "reject-publish-dlx"})
        self.publish(self.ch, queue, b"1")
        with self.assertRaises(Exception):
            self.publish(self.ch, queue, b"2")

        self.assertEqual(b"2", self.buried()[2])
        self.assertEqual([b"1"], self.get_all(self.ch, queue))

    def test_without_a_key_of_its_own_the_old_one_is_kept(self):
        exchange = self.exchange(self.ch, "direct")
        queue = self.source(**{"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": None})
        self.ch.queue_bind(self.graves, exchange, queue)
        self.publish(self.ch, queue, b"m")

        self.reject_next(queue)

        method, _, _ = self.buried()
        self.assertEqual((exchange, queue), (method.exchange, method.routing_key))

    def test_sender_keys_lead_the_dead_unless_the_queue_names_a_key(self):
        exchange = self.exchange(self.ch, "direct")
        self.ch.queue_bind(self.graves, exchange, "copy")
        self.ch.queue_bind(self.graves, exchange, "named")
        headers = {"CC": ["copy"], "BCC": ["hidden"]}
        by_sender = self.source(**{"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": None})
        by_queue = self.queue(self.ch, queue=self.unique("by-queue"), arguments={
            "x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "named"})

        for queue, key, cc in ((by_sender, by_sender, ["copy"]), (by_queue, "named", None)):
            self.publish(self.ch, queue, b"m", headers=headers)
            self.reject_next(queue)
            method, properties, _ = self.buried()
            self.assertEqual((key, cc), (method.routing_key, properties.headers.get("CC")))
            self.assertNotIn("BCC", properties.headers)
            self.assert_death(
                properties, count=1, reason="rejected", queue=queue, exchange="",
                **{"routing-keys": [queue, "copy"]})

    def test_deaths_in_a_circle_of_rejections_are_counted_and_listed_latest_first(self):
        back = self.unique("back")
        queue = self.source(**{"x-dead-letter-routing-key": back})
        self.queue(self.ch, queue=back, arguments={
            "x-message-ttl": 20, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue})
        self.publish(self.ch, queue, b"m")

        for _ in range(2):
            self.reject_next(queue)
        _, properties, _ = self.get_unsettled(queue)

        self.assertEqual(
            [("expired", back, 2), ("rejected", queue, 2)],
            [(death["reason"], death["queue"], death["count"]) for death in properties.headers["x-death"]])
        self.assertEqual("rejected", properties.headers["x-first-death-reason"])

    def test_message_that_would_expire_in_a_circle_for_ever_is_dropped(self):
        queue, other, later = self.unique("source"), self.unique("other"), self.unique("later")
        for name, target in ((queue, other), (other, queue), (later, self.graves)):
            self.queue(self.ch, queue=name, arguments={
                "x-message-ttl": 200 if name == later else 20, "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": target})
        self.publish(self.ch, queue, b"circling")
        self.publish(self.ch, later, b"ten rounds later")
        self.buried()

        self.assertEqual([0, 0], [self.ready_count(name) for name in (queue, other)])

    def test_missing_exchange_drops_the_dead(self):
        queue = self.source(**{"x-dead-letter-exchange": "gone", "x-message-ttl": 20})
        self.publish(self.ch, queue, b"m")

        self.wait_ready_count(queue, 0)
        self.assertEqual([], self.get_all(self.ch, self.graves))

    def test_purged_and_deleted_messages_are_not_dead_letters(self):
        queue = self.source()
        self.publish(self.ch, queue, b"m")
        self.ch.queue_purge(queue)
        self.publish(self.ch, queue, b"m")
        self.ch.queue_delete(queue)

        self.assertEqual([], self.get_all(self.ch, self.graves))
