"""A publisher that Celery lets try again: what it sent before, during and after the broker's death is there."""

import threading

from celery_case import CeleryCase
from waiting import wait_until

TASKS = 1000
DEATHS = (100, 200, 300)


class Publisher(CeleryCase):
    application = "late:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import late
        cls.late = late

    def setUp(self):
        self.needs_restart()
        self.met_the_dead_broker = threading.Event()
        self.policy = {
            "max_retries": 600, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2,
            "errback": lambda *_: self.met_the_dead_broker.set()}

    def publish(self, text, queue):
        self.late.write.apply_async((queue, text), queue=queue, retry=True, retry_policy=self.policy)

    def start(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        return thread

    def take_all(self, queue):
        """The texts of the tasks that wait in the queue."""
        texts = []
        with self.late.tasks.connection_for_read() as connection:
            with connection.SimpleQueue(self.late.tasks.amqp.queues[queue]) as tasks:
                for _ in range(tasks.qsize()):
                    message = tasks.get(timeout=20)
                    texts.append(message.payload[0][1])
                    message.ack()
        return texts

    def test_task_published_to_a_dead_broker_arrives_once_when_it_is_back(self):
        self.publish("before", "patience")
        self.broker.kill()

        publishing = self.start(self.publish, "meanwhile", "patience")
        self.assertTrue(self.met_the_dead_broker.wait(40))
        self.assertTrue(publishing.is_alive())
        self.broker.start()
        publishing.join(40)

        self.assertEqual(["before", "meanwhile"], self.take_all("patience"))

    def test_every_task_arrives_though_the_broker_dies_while_they_are_published(self):
        published = []

        def publish_all():
            for number in range(TASKS):
                self.publish(number, "steadfast")
                published.append(number)

        publishing = self.start(publish_all)
        for count in DEATHS:
            wait_until(lambda: len(published) >= count, f"{count} tasks published", 60)
            self.met_the_dead_broker.clear()
            self.broker.kill()
            self.assertTrue(len(published) == TASKS or self.met_the_dead_broker.wait(40))
            self.broker.start()
        publishing.join(60)

        arrived = self.take_all("steadfast")
        self.assertEqual(set(range(TASKS)), set(arrived))
        print(f"{TASKS} tasks, {len(arrived) - TASKS} arrived twice")
