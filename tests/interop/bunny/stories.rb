# What a Ruby program does with Bunny, as stories: stories.rb HOST:PORT STORY ends with 0 if the story came true.
# frozen_string_literal: true

require "bunny"
require "timeout"

# Raised where a story takes another turn.
class NotAsTold < StandardError; end

def expect(wanted, got, what)
  raise NotAsTold, "#{what}: expected #{wanted.inspect}, got #{got.inspect}" unless wanted == got
end

# The next so many things that arrive, each within a few seconds.
def take(queue, count)
  Array.new(count) { Timeout.timeout(10) { queue.pop } }
end

def silent?(queue, seconds)
  Timeout.timeout(seconds) { queue.pop }
  false
rescue Timeout::Error
  true
end

RECOVERED = Queue.new # once for each time that Bunny has come back

STORIES = {
  "confirmed_messages_are_in_the_queue" => lambda do |connection|
    channel = connection.create_channel
    channel.confirm_select
    queue = channel.queue("ruby-confirms", durable: true)
    100.times { |number| queue.publish(number.to_s, persistent: true) }
    expect(true, channel.wait_for_confirms, "confirms")
    expect(100, queue.message_count, "messages")
    expect((0...100).map(&:to_s), Array.new(100) { queue.pop[2] }, "order")
    queue.delete
  end,

  "properties_and_headers_arrive_as_they_were_sent" => lambda do |connection|
    channel = connection.create_channel
    queue = channel.queue("", exclusive: true)
    time = Time.at(1_700_000_000)
    headers = { "text" => "plain", "number" => -5, "big" => 1 << 40, "flag" => true, "time" => time,
                "list" => [1, "two"], "table" => { "inner" => 1.5 }, "nothing" => nil }
    queue.publish("b\0dy".b, content_type: "application/octet-stream", priority: 7, correlation_id: "c",
                             reply_to: "r", expiration: "60000", message_id: "m", timestamp: time.to_i, type: "t",
                             app_id: "a", headers: headers)
    _, properties, body = queue.pop
    expect("b\0dy".b, body.b, "body")
    expect(["application/octet-stream", 7, "c", "r", "60000", "m", time.to_i, "t", "a"],
           [properties.content_type, properties.priority, properties.correlation_id, properties.reply_to,
            properties.expiration, properties.message_id, properties.timestamp.to_i, properties.type,
            properties.app_id], "properties")
    expect(headers, properties.headers, "headers")
  end,

  "consumers_ack_reject_and_nack" => lambda do |connection|
    channel = connection.create_channel
    queue = channel.queue("", exclusive: true)
    got = Queue.new
    queue.subscribe(manual_ack: true) { |info, _, body| got << [info, body] }
    %w[one two three].each { |body| queue.publish(body) }
    first, second, third = take(got, 3)
    expect(%w[one two three], [first, second, third].map(&:last), "bodies")

    channel.reject(first[0].delivery_tag, true)
    again, = take(got, 1)
    expect(["one", true], [again[1], again[0].redelivered?], "after the reject")
    channel.nack(second[0].delivery_tag, false, false)
    channel.ack(again[0].delivery_tag, true)
    channel.close

    expect(0, connection.create_channel.queue_declare(queue.name, passive: true).message_count, "messages left")
  end,

  "prefetch_limits_a_consumer_and_a_channel" => lambda do |connection|
    [[2, false], [2, true]].each do |count, global|
      channel = connection.create_channel
      queue = channel.queue("", exclusive: true)
      channel.basic_qos(count, global)
      got = Queue.new
      queue.subscribe(manual_ack: true) { |info, _, body| got << [info, body] }
      5.times { |number| queue.publish(number.to_s) }
      _, second = take(got, count)
      expect(true, silent?(got, 0.3), "nothing beyond the limit, global: #{global}")
      channel.ack(second[0].delivery_tag, true)
      expect(%w[2 3], take(got, 2).map(&:last), "after the ack")
      channel.close
    end
  end,

  "mandatory_messages_come_back" => lambda do |connection|
    channel = connection.create_channel
    returned = Queue.new
    exchange = channel.default_exchange
    exchange.on_return { |info, _, body| returned << [info.reply_code, info.reply_text, info.routing_key, body] }
    exchange.publish("nobody home", routing_key: "ruby-nowhere", mandatory: true)
    expect([[312, "NO_ROUTE", "ruby-nowhere", "nobody home"]], take(returned, 1), "return")
  end,

  "consumer_of_a_deleted_queue_is_told" => lambda do |connection|
    queue = connection.create_channel.queue("ruby-deleted")
    told = Queue.new
    consumer = Bunny::Consumer.new(queue.channel, queue)
    consumer.on_cancellation { |cancel| told << cancel.consumer_tag }
    queue.subscribe_with(consumer)
    connection.create_channel.queue_delete("ruby-deleted")
    expect([consumer.consumer_tag], take(told, 1), "cancelled consumer")
  end,

  "exchanges_route_and_unbind" => lambda do |connection|
    channel = connection.create_channel
    topic = channel.topic("ruby-topic")
    queue = channel.queue("", exclusive: true).bind(topic, routing_key: "order.*.paid")
    topic.publish("yes", routing_key: "order.7.paid").publish("no", routing_key: "order.7.late")
    expect("yes", queue.pop[2], "routed")
    queue.unbind(topic, routing_key: "order.*.paid")
    topic.publish("gone", routing_key: "order.7.paid")
    expect(nil, queue.pop[2], "after the unbinding")
    topic.delete
  end,

  "transactions_commit_and_roll_back" => lambda do |connection|
    channel = connection.create_channel
    queue = channel.queue("ruby-tx", durable: true)
    channel.tx_select
    queue.publish("dropped", persistent: true)
    channel.tx_rollback
    queue.publish("kept", persistent: true)
    channel.tx_commit
    expect("kept", queue.pop[2], "first")
    expect(nil, queue.pop[2], "second")
    channel.tx_commit
    queue.delete
  end,

  "mistakes_raise_what_they_are" => lambda do |connection|
    { Bunny::NotFound => ->(channel) { channel.queue_declare("ruby-nowhere", passive: true) },
      Bunny::PreconditionFailed => lambda { |channel|
        channel.queue_declare("ruby-twice", durable: true)
        channel.queue_declare("ruby-twice", durable: false)
      },
      Bunny::AccessRefused => ->(channel) { channel.queue("amq.mine", durable: true) } }.each do |error, mistake|
      mistake.call(connection.create_channel)
      raise NotAsTold, "expected #{error}"
    rescue error
      expect(true, connection.open?, "connection after #{error}")
    end
    connection.create_channel.queue_delete("ruby-twice")
  end,

  "connection_and_consumer_come_back_after_a_restart" => lambda do |connection|
    channel = connection.create_channel
    queue = channel.queue("ruby-recovered", durable: true)
    got = Queue.new
    queue.subscribe { |_, _, body| got << body }
    puts "ready for the restart"
    $stdout.flush
    $stdin.gets
    Timeout.timeout(30) { RECOVERED.pop }
    connection.create_channel.default_exchange.publish("after", routing_key: "ruby-recovered")
    expect(["after"], take(got, 1), "delivery")
    queue.delete
  end
}.freeze

address, name = ARGV
host, port = address.split(":")
connection = Bunny.new(host: host, port: port.to_i, network_recovery_interval: 0.2, continuation_timeout: 15_000,
                       recovery_completed: -> { RECOVERED << true })
connection.start
STORIES.fetch(name).call(connection)
connection.close
