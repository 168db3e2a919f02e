package matrix

import (
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func (s *session) sendKeys(channel *amqp.Channel, exchange string, keys ...string) {
	s.Helper()
	for _, key := range keys {
		s.publish(channel, exchange, key, amqp.Publishing{Body: []byte(key)})
	}
}

func TestExchanges(t *testing.T) {
	behaviour(t, "direct_exchange_routes_by_key", func(s *session) {
		channel := s.channel()
		exchange := s.exchange(channel, "direct", nil)
		a, b := s.boundQueue(channel, exchange, "a", nil), s.boundQueue(channel, exchange, "b", nil)

		s.sendKeys(channel, exchange, "a", "b", "c")

		s.equal([][]string{{"a"}, {"b"}}, s.drains(channel, a, b))
	})

	behaviour(t, "fanout_exchange_routes_to_all", func(s *session) {
		channel := s.channel()
		exchange := s.exchange(channel, "fanout", nil)
		a, b := s.boundQueue(channel, exchange, "", nil), s.boundQueue(channel, exchange, "", nil)

		s.sendKeys(channel, exchange, "any")

		s.equal([][]string{{"any"}, {"any"}}, s.drains(channel, a, b))
	})

	behaviour(t, "topic_exchange_routes_by_pattern", func(s *session) {
		channel := s.channel()
		exchange := s.exchange(channel, "topic", nil)
		star, hash := s.boundQueue(channel, exchange, "a.*", nil), s.boundQueue(channel, exchange, "a.#", nil)
		last := s.boundQueue(channel, exchange, "#.z", nil)

		s.sendKeys(channel, exchange, "a", "a.b", "a.b.z", "z")

		s.equal([][]string{{"a.b"}, {"a", "a.b", "a.b.z"}, {"a.b.z", "z"}}, s.drains(channel, star, hash, last))
	})

	behaviour(t, "headers_exchange_routes_by_headers", func(s *session) {
		channel := s.channel()
		exchange := s.exchange(channel, "headers", nil)
		all := s.boundQueue(channel, exchange, "", amqp.Table{"x-match": "all", "a": 1, "b": "x"})
		any := s.boundQueue(channel, exchange, "", amqp.Table{"x-match": "any", "a": 1, "b": "x"})

		s.publish(channel, exchange, "", amqp.Publishing{Body: []byte("both"), Headers: amqp.Table{"a": 1, "b": "x"}})
		s.publish(channel, exchange, "", amqp.Publishing{Body: []byte("one"), Headers: amqp.Table{"a": 1}})
		s.publish(channel, exchange, "", amqp.Publishing{Body: []byte("none"), Headers: amqp.Table{"a": 2}})

		s.equal([][]string{{"both"}, {"both", "one"}}, s.drains(channel, all, any))
	})

	behaviour(t, "exchange_binding_passes_messages_on", func(s *session) {
		channel := s.channel()
		source, target := s.exchange(channel, "topic", nil), s.exchange(channel, "fanout", nil)
		s.must(channel.ExchangeBind(target, "a.#", source, false, nil))
		s.must(channel.ExchangeBind(target, "z", source, false, nil))
		queue := s.boundQueue(channel, target, "", nil)

		s.sendKeys(channel, source, "a.1")
		s.must(channel.ExchangeUnbind(target, "a.#", source, false, nil))
		s.sendKeys(channel, source, "a.2")

		s.equal([]string{"a.1"}, s.drain(channel, queue))
	})

	behaviour(t, "alternate_exchange_takes_what_nobody_gets", func(s *session) {
		channel := s.channel()
		rest := s.exchange(channel, "fanout", nil)
		exchange := s.exchange(channel, "direct", amqp.Table{"alternate-exchange": rest})
		wanted, unwanted := s.boundQueue(channel, exchange, "a", nil), s.boundQueue(channel, rest, "", nil)

		s.sendKeys(channel, exchange, "a", "b")

		s.equal([][]string{{"a"}, {"b"}}, s.drains(channel, wanted, unwanted))
	})
}

// deadLetterQueue is a queue, and the one that takes its dead letters.
func (s *session) deadLetterQueue(channel *amqp.Channel, arguments amqp.Table) (queue, dead string) {
	s.Helper()
	dead = s.queue(channel, nil)
	all := amqp.Table{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
	for name, value := range arguments {
		all[name] = value
	}
	return s.queue(channel, all), dead
}

func (s *session) died(message amqp.Delivery, queue, reason string) {
	s.Helper()
	deaths, _ := message.Headers["x-death"].([]any)
	if len(deaths) != 1 {
		s.fail("x-death is %v", message.Headers["x-death"])
	}
	death := deaths[0].(amqp.Table)
	s.equal([]any{queue, reason, int64(1), "", []any{queue}}, []any{
		death["queue"], death["reason"], death["count"], death["exchange"], death["routing-keys"]})
	s.equal([]any{queue, reason}, []any{message.Headers["x-first-death-queue"], message.Headers["x-first-death-reason"]})
}

func TestDeadLetters(t *testing.T) {
	behaviour(t, "rejected_message_is_dead_lettered", func(s *session) {
		channel := s.channel()
		queue, dead := s.deadLetterQueue(channel, nil)
		s.send(channel, queue, "1")

		s.must(s.getSoon(channel, queue).Reject(false))

		s.died(s.getSoon(channel, dead), queue, "rejected")
	})

	behaviour(t, "expired_message_is_dead_lettered", func(s *session) {
		channel := s.channel()
		queue, dead := s.deadLetterQueue(channel, amqp.Table{"x-message-ttl": 50})

		s.send(channel, queue, "1")

		s.died(s.getSoon(channel, dead), queue, "expired")
	})

	behaviour(t, "message_expires_by_its_own_expiration", func(s *session) {
		channel := s.channel()
		queue, dead := s.deadLetterQueue(channel, nil)

		s.publish(channel, "", queue, amqp.Publishing{Body: []byte("1"), Expiration: "50"})

		message := s.getSoon(channel, dead)
		s.died(message, queue, "expired")
		s.equal("", message.Expiration)
		s.equal("50", message.Headers["x-death"].([]any)[0].(amqp.Table)["original-expiration"])
	})

	behaviour(t, "delivery_limit_dead_letters", func(s *session) {
		channel := s.channel()
		dead, queue := s.queue(channel, nil), unique("queue")
		_, err := channel.QueueDeclare(queue, true, false, false, false, amqp.Table{
			"x-queue-type": "quorum", "x-delivery-limit": 1, "x-dead-letter-exchange": "",
			"x-dead-letter-routing-key": dead})
		s.must(err)
		s.send(channel, queue, "1")

		for n := 0; n < 2; n++ {
			s.must(s.getSoon(channel, queue).Nack(false, true))
		}

		s.died(s.getSoon(channel, dead), queue, "delivery_limit")
	})
}

func TestQueues(t *testing.T) {
	behaviour(t, "unused_queue_expires", func(s *session) {
		connection := s.connect(config(s))
		queue, err := s.channelOf(connection).QueueDeclare(
			unique("queue"), false, false, false, false, amqp.Table{"x-expires": 100})
		s.must(err)

		// A look at the queue counts as a use of it, so there has to be time between two.
		s.wait("the end of the queue", 300*time.Millisecond, func() bool {
			_, err := s.channelOf(connection).QueueDeclarePassive(queue.Name, false, false, false, false, nil)
			return err != nil
		})
	})

	behaviour(t, "higher_priority_is_delivered_first", func(s *session) {
		channel := s.channel()
		queue := s.queue(channel, amqp.Table{"x-max-priority": 10})

		for _, priority := range "1595" {
			s.publish(channel, "", queue, amqp.Publishing{Body: []byte(string(priority)), Priority: uint8(priority - '0')})
		}

		s.equal([]string{"9", "5", "5", "1"}, s.drain(channel, queue))
	})

	behaviour(t, "purge_and_delete_count_messages", func(s *session) {
		channel := s.channel()
		queue := s.queue(channel, nil)
		s.send(channel, queue, "1", "2", "3")
		purged, err := channel.QueuePurge(queue, false)
		s.must(err)
		s.send(channel, queue, "4")
		deleted, err := channel.QueueDelete(queue, false, false, false)
		s.must(err)

		s.equal([]int{3, 1}, []int{purged, deleted})
	})

	behaviour(t, "exclusive_queue_goes_with_its_connection", func(s *session) {
		owner := s.connect(config(s))
		queue := s.queue(s.channelOf(owner), nil)

		s.must(owner.Close())

		_, err := s.channel().QueueDeclarePassive(queue, false, false, false, false, nil)
		s.refused(err, 404, "NOT_FOUND - no queue '"+queue+"'")
	})

	behaviour(t, "length_limit_drops_the_oldest", func(s *session) {
		channel := s.channel()
		queue := s.queue(channel, amqp.Table{"x-max-length": 2})

		s.send(channel, queue, "1", "2", "3")

		s.equal([]string{"2", "3"}, s.drain(channel, queue))
	})

	behaviour(t, "full_queue_refuses_with_nack", func(s *session) {
		channel := s.channel()
		queue := s.queue(channel, amqp.Table{"x-max-length": 1, "x-overflow": "reject-publish"})
		s.send(channel, queue, "1")

		s.equal(false, s.publish(channel, "", queue, amqp.Publishing{Body: []byte("2")}))
		s.equal([]string{"1"}, s.drain(channel, queue))
	})

	behaviour(t, "single_active_consumer_is_followed_by_the_next", func(s *session) {
		channel, first := s.pair()
		second := s.channelOf(s.connect(config(s)))
		queue, err := channel.QueueDeclare(
			unique("queue"), false, true, false, false, amqp.Table{"x-single-active-consumer": true})
		s.must(err)
		active, waiting := s.consume(first, queue.Name, true, false), s.consume(second, queue.Name, true, false)
		s.send(channel, queue.Name, "1", "2")
		s.arrives(first, active, 2)

		s.must(first.Close())
		s.send(channel, queue.Name, "3")

		s.equal("3", string(s.next(waiting).Body))
	})

	behaviour(t, "direct_reply_arrives", func(s *session) {
		channel, client := s.pair()
		queue := s.queue(channel, nil)
		replies := s.consume(client, "amq.rabbitmq.reply-to", true, false)
		s.must(client.Publish("", queue, false, false, amqp.Publishing{Body: []byte("ask"), ReplyTo: "amq.rabbitmq.reply-to"}))

		s.send(channel, s.getSoon(channel, queue).ReplyTo, "answer")

		s.equal("answer", string(s.next(replies).Body))
	})
}
