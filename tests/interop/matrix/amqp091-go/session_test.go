// The behaviours of the matrix with amqp091-go; this file: what they share.
package matrix

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const limit = 10 * time.Second

// A session is one behaviour's test: its connections end with it, and the matrix is told how it went.
type session struct {
	*testing.T
	failure string
}

// behaviour runs one test under the name that every client's suite uses.
func behaviour(t *testing.T, name string, body func(s *session)) {
	t.Run(name, func(t *testing.T) {
		s := &session{T: t}
		t.Cleanup(func() {
			switch {
			case t.Failed():
				fmt.Printf("\nbehaviour failed %s: %s\n", name, strings.Join(strings.Fields(s.failure), " "))
			case t.Skipped():
				fmt.Printf("\nbehaviour skipped %s\n", name)
			default:
				fmt.Printf("\nbehaviour passed %s\n", name)
			}
		})
		body(s)
	})
}

func (s *session) fail(format string, values ...any) {
	s.Helper()
	s.failure = fmt.Sprintf(format, values...)
	s.Fatal(s.failure)
}

func (s *session) must(err error) {
	s.Helper()
	if err != nil {
		s.fail("%v", err)
	}
}

func (s *session) equal(want, got any) {
	s.Helper()
	if fmt.Sprintf("%#v", want) != fmt.Sprintf("%#v", got) {
		s.fail("want %#v, got %#v", want, got)
	}
}

// refused checks that an error is the server's, with this code and this beginning of its text.
func (s *session) refused(err error, code int, text string) {
	s.Helper()
	var told *amqp.Error
	if !errors.As(err, &told) || told.Code != code || !strings.HasPrefix(told.Reason, text) {
		s.fail("want %d %q, got %v", code, text, err)
	}
}

func uri(s *session, change func(*url.URL)) string {
	text := os.Getenv("VARVE_MATRIX_TLS")
	if text == "" {
		text = os.Getenv("VARVE_MATRIX_URI")
	}
	parsed, err := url.Parse(text)
	s.must(err)
	if change != nil {
		change(parsed)
	}
	return parsed.String()
}

// config trusts the matrix's authority, if there is one.
func config(s *session) amqp.Config {
	authority := os.Getenv("VARVE_MATRIX_CA")
	if authority == "" {
		return amqp.Config{}
	}
	certificate, err := os.ReadFile(authority)
	s.must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	return amqp.Config{TLSClientConfig: &tls.Config{RootCAs: pool}}
}

func (s *session) connect(settings amqp.Config) *amqp.Connection {
	s.Helper()
	connection, err := amqp.DialConfig(uri(s, nil), settings)
	s.must(err)
	s.Cleanup(func() { _ = connection.CloseDeadline(time.Now().Add(time.Second)) })
	return connection
}

func (s *session) channelOf(connection *amqp.Connection) *amqp.Channel {
	s.Helper()
	channel, err := connection.Channel()
	s.must(err)
	return channel
}

// channel is one with confirms, on a connection of its own.
func (s *session) channel() *amqp.Channel {
	s.Helper()
	channel := s.channelOf(s.connect(config(s)))
	s.must(channel.Confirm(false))
	return channel
}

// pair is two channels of one connection, the first with confirms.
func (s *session) pair() (*amqp.Channel, *amqp.Channel) {
	s.Helper()
	connection := s.connect(config(s))
	first := s.channelOf(connection)
	s.must(first.Confirm(false))
	return first, s.channelOf(connection)
}

func unique(stem string) string {
	random := make([]byte, 4)
	_, _ = rand.Read(random)
	return stem + "-" + hex.EncodeToString(random)
}

// queue declares one that is exclusive.
func (s *session) queue(channel *amqp.Channel, arguments amqp.Table) string {
	s.Helper()
	queue, err := channel.QueueDeclare(unique("queue"), false, false, true, false, arguments)
	s.must(err)
	return queue.Name
}

func (s *session) exchange(channel *amqp.Channel, kind string, arguments amqp.Table) string {
	s.Helper()
	name := unique("exchange")
	s.must(channel.ExchangeDeclare(name, kind, false, true, false, false, arguments))
	return name
}

func (s *session) boundQueue(channel *amqp.Channel, exchange, key string, arguments amqp.Table) string {
	s.Helper()
	name := s.queue(channel, nil)
	s.must(channel.QueueBind(name, key, exchange, false, arguments))
	return name
}

// publish sends, and waits for the confirm if the channel has them; false if that is a nack.
func (s *session) publish(channel *amqp.Channel, exchange, key string, message amqp.Publishing) bool {
	s.Helper()
	confirmation, err := channel.PublishWithDeferredConfirm(exchange, key, false, false, message)
	s.must(err)
	if confirmation == nil {
		return true
	}
	select {
	case <-confirmation.Done():
		return confirmation.Acked()
	case <-time.After(limit):
		s.fail("no confirm within %v", limit)
		return false
	}
}

func (s *session) send(channel *amqp.Channel, queue string, bodies ...string) {
	s.Helper()
	for _, body := range bodies {
		s.publish(channel, "", queue, amqp.Publishing{Body: []byte(body)})
	}
}

// drain takes the bodies that are ready, in order.
func (s *session) drain(channel *amqp.Channel, queue string) []string {
	s.Helper()
	bodies := []string{}
	for {
		message, ok, err := channel.Get(queue, true)
		s.must(err)
		if !ok {
			return bodies
		}
		bodies = append(bodies, string(message.Body))
	}
}

func (s *session) drains(channel *amqp.Channel, queues ...string) [][]string {
	s.Helper()
	all := [][]string{}
	for _, queue := range queues {
		all = append(all, s.drain(channel, queue))
	}
	return all
}

// wait asks again and again until the answer is yes.
func (s *session) wait(what string, interval time.Duration, condition func() bool) {
	s.Helper()
	end, tick := time.After(limit), time.NewTicker(interval)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-end:
			s.fail("%s: not within %v", what, limit)
		}
	}
}

// getSoon takes one message as soon as there is one, unsettled.
func (s *session) getSoon(channel *amqp.Channel, queue string) (found amqp.Delivery) {
	s.Helper()
	s.wait("a message in "+queue, 10*time.Millisecond, func() bool {
		message, ok, err := channel.Get(queue, false)
		s.must(err)
		found = message
		return ok
	})
	return found
}

func (s *session) consume(channel *amqp.Channel, queue string, autoAck, exclusive bool) <-chan amqp.Delivery {
	s.Helper()
	deliveries, err := channel.Consume(queue, "", autoAck, exclusive, false, false, nil)
	s.must(err)
	return deliveries
}

// next is the next delivery; arrives checks that this many come, and no more after two round trips.
func (s *session) next(deliveries <-chan amqp.Delivery) amqp.Delivery {
	s.Helper()
	select {
	case message, open := <-deliveries:
		if !open {
			s.fail("the consumer was closed")
		}
		return message
	case <-time.After(limit):
		s.fail("no delivery within %v", limit)
		return amqp.Delivery{}
	}
}

func (s *session) arrives(channel *amqp.Channel, deliveries <-chan amqp.Delivery, count int) []amqp.Delivery {
	s.Helper()
	messages := []amqp.Delivery{}
	for len(messages) < count {
		messages = append(messages, s.next(deliveries))
	}
	for range []int{1, 2} {
		_ = s.queue(channel, nil)
	}
	select {
	case <-deliveries:
		s.fail("more than %d deliveries", count)
	default:
	}
	return messages
}

// restart kills the broker and returns when it is there again.
func (s *session) restart() {
	s.Helper()
	door, err := net.Dial("tcp", os.Getenv("VARVE_MATRIX_CONTROL"))
	s.must(err)
	defer door.Close()
	_, err = door.Write([]byte("restart\n"))
	s.must(err)
	answer, err := bufio.NewReader(door).ReadString('\n')
	s.must(err)
	s.equal("ok\n", answer)
}
