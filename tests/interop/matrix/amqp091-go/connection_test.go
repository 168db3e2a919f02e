package matrix

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func TestConnection(t *testing.T) {
	behaviour(t, "connects_and_tunes", func(s *session) {
		settings := config(s)
		settings.Heartbeat = 30 * time.Second

		connection := s.connect(settings)

		s.equal([]any{uint16(2047), 131072, 30 * time.Second}, []any{
			connection.Config.ChannelMax, connection.Config.FrameSize, connection.Config.Heartbeat})
		s.equal(true, connection.Properties["capabilities"].(amqp.Table)["publisher_confirms"])
	})

	behaviour(t, "heartbeats_keep_an_idle_connection_open", func(s *session) {
		settings := config(s)
		settings.Heartbeat = time.Second
		connection := s.connect(settings)

		select {
		case err := <-connection.NotifyClose(make(chan *amqp.Error, 1)):
			s.fail("closed: %v", err)
		case <-time.After(3500 * time.Millisecond):
		}

		s.queue(s.channelOf(connection), nil)
	})

	behaviour(t, "wrong_password_is_403", func(s *session) {
		_, err := amqp.DialConfig(uri(s, func(u *url.URL) { u.User = url.UserPassword("guest", "wrong") }), config(s))

		// It does not announce authentication_failure_close, so the broker hangs up, and these are its own words.
		s.refused(err, 403, "username or password not allowed")
	})

	behaviour(t, "unknown_vhost_is_530", func(s *session) {
		_, err := amqp.DialConfig(uri(s, func(u *url.URL) { u.Path = "/gone" }), config(s))

		s.refused(err, 530, "NOT_ALLOWED - vhost gone not found")
	})

	behaviour(t, "secret_can_be_updated", func(s *session) {
		connection := s.connect(config(s))

		s.must(connection.UpdateSecret("guest", "it is time"))

		s.queue(s.channelOf(connection), nil)
	})
}

func TestChannels(t *testing.T) {
	behaviour(t, "missing_queue_is_404", func(s *session) {
		_, err := s.channel().QueueDeclarePassive("gone", false, false, false, false, nil)

		s.refused(err, 404, "NOT_FOUND - no queue 'gone' in vhost '/'")
	})

	behaviour(t, "missing_exchange_is_404", func(s *session) {
		channel := s.channel()
		closed := channel.NotifyClose(make(chan *amqp.Error, 1))

		_, err := channel.PublishWithDeferredConfirm("gone", "", false, false, amqp.Publishing{Body: []byte("1")})

		s.must(err)
		s.refused(<-closed, 404, "NOT_FOUND - no exchange 'gone' in vhost '/'")
	})

	behaviour(t, "locked_queue_is_405", func(s *session) {
		queue := s.queue(s.channel(), nil)

		_, err := s.channel().QueueDeclarePassive(queue, false, false, false, false, nil)

		s.refused(err, 405, fmt.Sprintf("RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '%s'", queue))
	})

	behaviour(t, "other_arguments_are_406", func(s *session) {
		// The class and method are not for this client's callers to see.
		channel := s.channel()
		queue := s.queue(channel, amqp.Table{"x-message-ttl": 1000})

		_, err := channel.QueueDeclare(queue, false, false, true, false, amqp.Table{"x-message-ttl": 2000})

		s.refused(err, 406, fmt.Sprintf("PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue '%s'", queue))
	})

	behaviour(t, "unknown_delivery_tag_is_406", func(s *session) {
		channel := s.channel()
		closed := channel.NotifyClose(make(chan *amqp.Error, 1))

		s.must(channel.Ack(7, false))

		s.refused(<-closed, 406, "PRECONDITION_FAILED - unknown delivery tag 7")
	})

	behaviour(t, "channel_number_can_be_used_after_an_error", func(s *session) {
		// This client gives a number again once it is free: with two channels there is no other.
		settings := config(s)
		settings.ChannelMax = 2
		connection := s.connect(settings)
		failing, other := s.channelOf(connection), s.channelOf(connection)
		_, err := failing.QueueDeclarePassive("gone", false, false, false, false, nil)
		s.refused(err, 404, "NOT_FOUND")

		var again *amqp.Channel
		s.wait("a free channel", 10*time.Millisecond, func() bool {
			again, err = connection.Channel()
			return err == nil
		})

		s.queue(again, nil)
		s.queue(other, nil)
	})
}

func TestRecovery(t *testing.T) {
	behaviour(t, "client_recovers_after_the_broker_was_killed", func(s *session) {
		// The client's own recovery: connection, channel, exchange, queue, binding and consumer come back.
		settings := config(s)
		settings.Recovery = &amqp.Recovery{ReconnectionConfig: &amqp.ReconnectionConfig{
			MaxRetryCount: 50, RetryInterval: 100 * time.Millisecond}}
		connection := s.connect(settings)
		channel := s.channelOf(connection)
		exchange := s.exchange(channel, "direct", nil)
		queue := s.boundQueue(channel, exchange, "key", nil)
		deliveries := s.consume(channel, queue, true, false)
		s.must(channel.Publish(exchange, "key", false, false, amqp.Publishing{Body: []byte("before")}))
		s.equal("before", string(s.next(deliveries).Body))

		s.restart()

		s.wait("a delivery after the restart", 200*time.Millisecond, func() bool {
			_ = channel.Publish(exchange, "key", false, false, amqp.Publishing{Body: []byte("after")})
			select {
			case message, open := <-deliveries:
				return open && string(message.Body) == "after"
			default:
				return false
			}
		})
	})

	behaviour(t, "durable_messages_survive_a_killed_broker", func(s *session) {
		channel, queue, sent := s.channel(), unique("queue"), []string{}
		_, err := channel.QueueDeclare(queue, true, false, false, false, nil)
		s.must(err)
		for n := 0; n < 50; n++ {
			sent = append(sent, fmt.Sprint(n))
			s.publish(channel, "", queue, amqp.Publishing{Body: []byte(sent[n]), DeliveryMode: amqp.Persistent})
		}

		s.restart()

		again := s.channel()
		s.equal(sent, s.drain(again, queue))
		_, err = again.QueueDelete(queue, false, false, false)
		s.must(err)
	})
}
