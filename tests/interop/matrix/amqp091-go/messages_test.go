package matrix

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

var when = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var table = amqp.Table{
	"text": "hä", "bytes": []byte{0, 255}, "true": true, "octet": byte(200), "tiny": int8(-5), "short": int16(-300),
	"small": int32(7), "long": int64(1) << 40, "float": float32(0.25), "double": 0.5,
	"decimal": amqp.Decimal{Scale: 2, Value: 125}, "when": when, "nothing": nil,
	"table": amqp.Table{"inner": amqp.Table{"list": []any{int32(1), "two", amqp.Table{"three": int32(3)}}}},
	"list":  []any{"a", int32(1), false, nil},
}

func TestPublishing(t *testing.T) {
	behaviour(t, "publishes_are_each_confirmed_once", func(s *session) {
		channel := s.channel()
		confirms := channel.NotifyPublish(make(chan amqp.Confirmation, 400))
		queue := s.queue(channel, nil)
		for n := 0; n < 200; n++ {
			s.must(channel.Publish("", queue, false, false, amqp.Publishing{Body: []byte(fmt.Sprint(n))}))
		}

		for n := uint64(1); n <= 200; n++ {
			select {
			case confirm := <-confirms:
				s.equal(amqp.Confirmation{DeliveryTag: n, Ack: true}, confirm)
			case <-time.After(limit):
				s.fail("no confirm of %d", n)
			}
		}
		s.queue(channel, nil)
		s.equal(0, len(confirms))
	})

	behaviour(t, "unroutable_mandatory_message_returns_before_its_ack", func(s *session) {
		// Unbuffered: the client hands over one thing after the other, in the order in which they came.
		channel := s.channel()
		returns, confirms := channel.NotifyReturn(make(chan amqp.Return)), channel.NotifyPublish(make(chan amqp.Confirmation))
		s.must(channel.Publish("", unique("nobody"), true, false, amqp.Publishing{Body: []byte("1")}))

		select {
		case returned := <-returns:
			s.equal([]any{uint16(312), "1"}, []any{returned.ReplyCode, string(returned.Body)})
		case <-confirms:
			s.fail("the confirm came first")
		case <-time.After(limit):
			s.fail("nothing came")
		}
		s.equal(true, (<-confirms).Ack)
	})

	behaviour(t, "large_message_crosses_many_frames", func(s *session) {
		channel := s.channel()
		queue, body := s.queue(channel, nil), bytes.Repeat([]byte("0123456789abcdef"), 200000)

		s.publish(channel, "", queue, amqp.Publishing{Body: body})

		if !bytes.Equal(body, s.getSoon(channel, queue).Body) {
			s.fail("another body")
		}
	})

	behaviour(t, "properties_and_field_types_come_back_as_sent", func(s *session) {
		channel := s.channel()
		queue := s.queue(channel, nil)
		sent := amqp.Publishing{
			Headers: table, ContentType: "text/plain", ContentEncoding: "utf-8", DeliveryMode: 2, Priority: 3,
			CorrelationId: "c", ReplyTo: "r", Expiration: "60000", MessageId: "m", Timestamp: when, Type: "t",
			UserId: "guest", AppId: "a", Body: []byte("1")}

		s.publish(channel, "", queue, sent)

		got := s.getSoon(channel, queue)
		got.Timestamp = got.Timestamp.UTC()
		got.Headers["when"] = got.Headers["when"].(time.Time).UTC()
		s.equal(sent, amqp.Publishing{
			Headers: got.Headers, ContentType: got.ContentType, ContentEncoding: got.ContentEncoding,
			DeliveryMode: got.DeliveryMode, Priority: got.Priority, CorrelationId: got.CorrelationId, ReplyTo: got.ReplyTo,
			Expiration: got.Expiration, MessageId: got.MessageId, Timestamp: got.Timestamp, Type: got.Type,
			UserId: got.UserId, AppId: got.AppId, Body: got.Body})
	})
}

func TestConsuming(t *testing.T) {
	// Each has a queue with messages 1, 2, 3, and a second channel to take from it.
	with := func(name string, body func(s *session, channel, taker *amqp.Channel, queue string)) {
		behaviour(t, name, func(s *session) {
			channel, taker := s.pair()
			queue := s.queue(channel, nil)
			s.send(channel, queue, "1", "2", "3")
			body(s, channel, taker, queue)
		})
	}

	with("acked_message_is_gone", func(s *session, channel, taker *amqp.Channel, queue string) {
		s.must(s.getSoon(taker, queue).Ack(false))

		s.must(taker.Close())

		s.equal([]string{"2", "3"}, s.drain(channel, queue))
	})

	with("rejected_message_is_gone", func(s *session, channel, taker *amqp.Channel, queue string) {
		s.must(s.getSoon(taker, queue).Reject(false))

		s.must(taker.Close())

		s.equal([]string{"2", "3"}, s.drain(channel, queue))
	})

	with("nacked_message_comes_back_redelivered", func(s *session, channel, taker *amqp.Channel, queue string) {
		first := s.getSoon(taker, queue)
		s.must(first.Nack(false, true))

		again := s.getSoon(taker, queue)

		s.equal([]any{false, true, "1"}, []any{first.Redelivered, again.Redelivered, string(again.Body)})
	})

	with("unsettled_messages_of_a_closed_channel_come_back", func(s *session, channel, taker *amqp.Channel, queue string) {
		for n := 0; n < 3; n++ {
			s.getSoon(taker, queue)
		}

		s.must(taker.Close())

		for _, body := range []string{"1", "2", "3"} {
			message := s.getSoon(channel, queue)
			s.equal([]any{body, true}, []any{string(message.Body), message.Redelivered})
		}
	})

	with("prefetch_limits_each_consumer", func(s *session, channel, taker *amqp.Channel, queue string) {
		s.send(channel, queue, "4", "5", "6")
		s.must(taker.Qos(2, 0, false))
		first := s.consume(taker, queue, false, false)
		messages := s.arrives(taker, first, 2)
		second := s.consume(taker, queue, false, false)
		s.arrives(taker, second, 2)

		s.must(messages[0].Ack(false))

		s.arrives(taker, first, 1)
		s.equal(0, len(second))
	})

	with("global_prefetch_limits_the_channel", func(s *session, channel, taker *amqp.Channel, queue string) {
		s.must(taker.Qos(1, 0, true))
		deliveries := s.consume(taker, queue, false, false)
		s.arrives(taker, deliveries, 1)
		other := s.consume(taker, queue, false, false)
		s.arrives(taker, other, 0)

		s.must(taker.Qos(3, 0, true))

		s.wait("two more", 10*time.Millisecond, func() bool { return s.stateOf(channel, queue) == 0 })
	})

	with("get_tells_how_many_are_left", func(s *session, channel, taker *amqp.Channel, queue string) {
		for _, left := range []uint32{2, 1, 0} {
			s.equal(left, s.getSoon(taker, queue).MessageCount)
		}

		_, ok, err := taker.Get(queue, false)
		s.must(err)
		s.equal(false, ok)
	})

	with("cancelled_consumer_gets_nothing_more", func(s *session, channel, taker *amqp.Channel, queue string) {
		deliveries, err := taker.Consume(queue, "tag", false, false, false, false, nil)
		s.must(err)
		messages := s.arrives(taker, deliveries, 3)

		s.must(taker.Cancel("tag", false))
		s.send(channel, queue, "4")

		s.equal("4", string(s.getSoon(channel, queue).Body))
		s.must(messages[0].Ack(true))
		_, open := <-deliveries
		s.equal(false, open)
	})

	with("deleting_the_queue_cancels_its_consumers", func(s *session, channel, taker *amqp.Channel, queue string) {
		cancelled := taker.NotifyCancel(make(chan string, 1))
		_, err := taker.Consume(queue, "tag", false, false, false, false, nil)
		s.must(err)

		_, err = channel.QueueDelete(queue, false, false, false)

		s.must(err)
		select {
		case tag := <-cancelled:
			s.equal("tag", tag)
		case <-time.After(limit):
			s.fail("no cancellation")
		}
	})

	with("exclusive_consumer_is_alone", func(s *session, channel, taker *amqp.Channel, queue string) {
		s.consume(taker, queue, false, true)

		_, err := channel.Consume(queue, "", false, false, false, false, nil)

		s.refused(err, 403, fmt.Sprintf("ACCESS_REFUSED - queue '%s' in vhost '/' in exclusive use", queue))
	})
}

// stateOf is the number of messages that are ready.
func (s *session) stateOf(channel *amqp.Channel, queue string) int {
	s.Helper()
	state, err := channel.QueueDeclarePassive(queue, false, false, true, false, nil)
	s.must(err)
	return state.Messages
}

func TestTransactions(t *testing.T) {
	with := func(name string, body func(s *session, channel, other *amqp.Channel, queue string)) {
		behaviour(t, name, func(s *session) {
			other, channel := s.pair()
			queue := s.queue(other, nil)
			s.send(other, queue, "old")
			s.must(channel.Tx())
			s.must(s.getSoon(channel, queue).Ack(false))
			s.send(channel, queue, "new")
			s.equal(0, s.stateOf(channel, queue))
			body(s, channel, other, queue)
		})
	}

	with("committed_transaction_takes_effect", func(s *session, channel, other *amqp.Channel, queue string) {
		s.must(channel.TxCommit())

		s.equal([]string{"new"}, s.drain(other, queue))
	})

	with("rolled_back_transaction_leaves_nothing", func(s *session, channel, other *amqp.Channel, queue string) {
		s.must(channel.TxRollback())
		s.must(channel.Close())

		s.equal([]string{"old"}, s.drain(other, queue))
	})
}
