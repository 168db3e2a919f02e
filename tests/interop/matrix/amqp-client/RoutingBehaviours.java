import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;

/** Exchanges, and what queues do with messages by their arguments. */
final class RoutingBehaviours {
    /** A queue, and the one that takes its dead letters. */
    private record DeadLetters(Channel channel, String queue, String dead) { }

    private RoutingBehaviours() { }

    static void addTo(Suite suite) {
        suite.behaviour("direct_exchange_routes_by_key", s -> routes(s, "direct", List.of("a", "b"),
                List.of("a", "b", "c"), List.of(List.of("a"), List.of("b"))));
        suite.behaviour("fanout_exchange_routes_to_all", s -> routes(s, "fanout", List.of("", ""), List.of("any"),
                List.of(List.of("any"), List.of("any"))));
        suite.behaviour("topic_exchange_routes_by_pattern", s -> routes(s, "topic", List.of("a.*", "a.#", "#.z"),
                List.of("a", "a.b", "a.b.z", "z"),
                List.of(List.of("a.b"), List.of("a", "a.b", "a.b.z"), List.of("a.b.z", "z"))));
        suite.behaviour("headers_exchange_routes_by_headers", RoutingBehaviours::headers);
        suite.behaviour("exchange_binding_passes_messages_on", RoutingBehaviours::exchangeBinding);
        suite.behaviour("alternate_exchange_takes_what_nobody_gets", RoutingBehaviours::alternateExchange);
        suite.behaviour("rejected_message_is_dead_lettered", RoutingBehaviours::rejected);
        suite.behaviour("expired_message_is_dead_lettered", RoutingBehaviours::expired);
        suite.behaviour("message_expires_by_its_own_expiration", RoutingBehaviours::expiration);
        suite.behaviour("delivery_limit_dead_letters", RoutingBehaviours::deliveryLimit);
        suite.behaviour("unused_queue_expires", RoutingBehaviours::unusedQueue);
        suite.behaviour("higher_priority_is_delivered_first", RoutingBehaviours::priorities);
        suite.behaviour("purge_and_delete_count_messages", RoutingBehaviours::counts);
        suite.behaviour("exclusive_queue_goes_with_its_connection", RoutingBehaviours::exclusiveQueue);
        suite.behaviour("length_limit_drops_the_oldest", RoutingBehaviours::lengthLimit);
        suite.behaviour("full_queue_refuses_with_nack", RoutingBehaviours::fullQueue);
        suite.behaviour("single_active_consumer_is_followed_by_the_next", RoutingBehaviours::singleActive);
        suite.behaviour("direct_reply_arrives", RoutingBehaviours::directReply);
    }

    private static void sendKeys(Session s, Channel channel, String exchange, List<String> keys) throws Exception {
        for (String key : keys) {
            s.publish(channel, exchange, key, Session.NONE, key);
        }
    }

    private static List<List<String>> drains(Session s, Channel channel, List<String> queues) throws Exception {
        List<List<String>> all = new ArrayList<>();
        for (String queue : queues) {
            all.add(s.drain(channel, queue));
        }
        return all;
    }

    /** Queues bound with these patterns get these of the keys that are sent. */
    private static void routes(
            Session s, String kind, List<String> patterns, List<String> keys, List<List<String>> wanted)
            throws Exception {
        Channel channel = s.channel();
        String exchange = s.exchange(channel, kind);
        List<String> queues = new ArrayList<>();
        for (String pattern : patterns) {
            queues.add(s.boundQueue(channel, exchange, pattern));
        }

        sendKeys(s, channel, exchange, keys);

        Session.equal(wanted, drains(s, channel, queues));
    }

    private static BasicProperties with(Map<String, Object> headers) {
        return new BasicProperties.Builder().headers(headers).build();
    }

    private static void headers(Session s) throws Exception {
        Channel channel = s.channel();
        String exchange = s.exchange(channel, "headers");
        String all = s.boundQueue(channel, exchange, "", Map.of("x-match", "all", "a", 1, "b", "x"));
        String any = s.boundQueue(channel, exchange, "", Map.of("x-match", "any", "a", 1, "b", "x"));

        s.publish(channel, exchange, "", with(Map.of("a", 1, "b", "x")), "both");
        s.publish(channel, exchange, "", with(Map.of("a", 1)), "one");
        s.publish(channel, exchange, "", with(Map.of("a", 2)), "none");

        Session.equal(List.of(List.of("both"), List.of("both", "one")), drains(s, channel, List.of(all, any)));
    }

    private static void exchangeBinding(Session s) throws Exception {
        Channel channel = s.channel();
        String source = s.exchange(channel, "topic");
        String target = s.exchange(channel, "fanout");
        channel.exchangeBind(target, source, "a.#");
        channel.exchangeBind(target, source, "z");
        String queue = s.boundQueue(channel, target, "");

        sendKeys(s, channel, source, List.of("a.1"));
        channel.exchangeUnbind(target, source, "a.#");
        sendKeys(s, channel, source, List.of("a.2"));

        Session.equal(List.of("a.1"), s.drain(channel, queue));
    }

    private static void alternateExchange(Session s) throws Exception {
        Channel channel = s.channel();
        String rest = s.exchange(channel, "fanout");
        String exchange = s.exchange(channel, "direct", Map.of("alternate-exchange", rest));
        List<String> queues = List.of(s.boundQueue(channel, exchange, "a"), s.boundQueue(channel, rest, ""));

        sendKeys(s, channel, exchange, List.of("a", "b"));

        Session.equal(List.of(List.of("a"), List.of("b")), drains(s, channel, queues));
    }

    private static DeadLetters deadLetters(Session s, Map<String, Object> arguments) throws Exception {
        Channel channel = s.channel();
        String dead = s.queue(channel);
        Map<String, Object> all = new HashMap<>(arguments);
        all.put("x-dead-letter-exchange", "");
        all.put("x-dead-letter-routing-key", dead);
        return new DeadLetters(channel, s.queue(channel, all), dead);
    }

    private static Map<?, ?> died(GetResponse message, String queue, String reason) {
        Map<String, Object> headers = message.getProps().getHeaders();
        Map<?, ?> death = (Map<?, ?>) ((List<?>) headers.get("x-death")).get(0);
        Session.equal(
                Arrays.asList(queue, reason, "1", "", "[" + queue + "]", queue, reason).toString(),
                Arrays.asList(death.get("queue"), death.get("reason"), death.get("count"), death.get("exchange"),
                        death.get("routing-keys"), headers.get("x-first-death-queue"),
                        headers.get("x-first-death-reason")).toString());
        return death;
    }

    private static void rejected(Session s) throws Exception {
        DeadLetters d = deadLetters(s, Map.of());
        s.send(d.channel, d.queue, "1");

        d.channel.basicReject(s.getSoon(d.channel, d.queue).getEnvelope().getDeliveryTag(), false);

        GetResponse message = s.getSoon(d.channel, d.dead);
        Session.equal("1", Session.text(message.getBody()));
        died(message, d.queue, "rejected");
    }

    private static void expired(Session s) throws Exception {
        DeadLetters d = deadLetters(s, Map.of("x-message-ttl", 50));

        s.send(d.channel, d.queue, "1");

        died(s.getSoon(d.channel, d.dead), d.queue, "expired");
    }

    private static void expiration(Session s) throws Exception {
        DeadLetters d = deadLetters(s, Map.of());

        s.publish(d.channel, "", d.queue, new BasicProperties.Builder().expiration("50").build(), "1");

        GetResponse message = s.getSoon(d.channel, d.dead);
        Session.equal("50", died(message, d.queue, "expired").get("original-expiration").toString());
        Session.equal(null, message.getProps().getExpiration());
    }

    private static void deliveryLimit(Session s) throws Exception {
        Channel channel = s.channel();
        String dead = s.queue(channel);
        String queue = channel.queueDeclare(Session.unique("queue"), true, false, false, Map.of(
                "x-queue-type", "quorum", "x-delivery-limit", 1, "x-dead-letter-exchange", "",
                "x-dead-letter-routing-key", dead)).getQueue();
        s.send(channel, queue, "1");

        for (int n = 0; n < 2; ++n) {
            channel.basicNack(s.getSoon(channel, queue).getEnvelope().getDeliveryTag(), false, true);
        }

        died(s.getSoon(channel, dead), queue, "delivery_limit");
    }

    private static void unusedQueue(Session s) throws Exception {
        Connection connection = s.connect();
        String queue = connection.createChannel()
                .queueDeclare(Session.unique("queue"), false, false, false, Map.of("x-expires", 100)).getQueue();

        // A look at the queue counts as a use of it, so there has to be time between two.
        s.await("the end of the queue", 300, () -> {
            try {
                connection.createChannel().queueDeclarePassive(queue);
                return false;
            } catch (java.io.IOException error) {
                return Session.closing(error).contains("reply-code=404");
            }
        });
    }

    private static void priorities(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel, Map.of("x-max-priority", 10));

        for (int priority : new int[] {1, 9, 5, 9}) {
            s.publish(channel, "", queue, new BasicProperties.Builder().priority(priority).build(), "" + priority);
        }

        Session.equal(List.of("9", "9", "5", "1"), s.drain(channel, queue));
    }

    private static void counts(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel);
        s.send(channel, queue, "1", "2", "3");
        int purged = channel.queuePurge(queue).getMessageCount();
        s.send(channel, queue, "4");
        int deleted = channel.queueDelete(queue).getMessageCount();

        Session.equal(List.of(3, 1), List.of(purged, deleted));
    }

    private static void exclusiveQueue(Session s) throws Exception {
        Connection owner = s.connect();
        String queue = s.queue(owner.createChannel());

        owner.close();

        Session.refused(() -> s.channel().queueDeclarePassive(queue), 404, "NOT_FOUND - no queue '" + queue + "'");
    }

    private static void lengthLimit(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel, Map.of("x-max-length", 2));

        s.send(channel, queue, "1", "2", "3");

        Session.equal(List.of("2", "3"), s.drain(channel, queue));
    }

    private static void fullQueue(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel, Map.of("x-max-length", 1, "x-overflow", "reject-publish"));
        s.send(channel, queue, "1");

        Session.equal(false, s.publish(channel, "", queue, Session.NONE, "2"));
        Session.equal(List.of("1"), s.drain(channel, queue));
    }

    private static void singleActive(Session s) throws Exception {
        Connection connection = s.connect();
        Channel channel = s.channel(connection);
        Channel first = connection.createChannel();
        Channel second = connection.createChannel();
        String queue = s.queue(channel, Map.of("x-single-active-consumer", true));
        BlockingQueue<Delivery> active = s.consume(first, queue, true);
        BlockingQueue<Delivery> waiting = s.consume(second, queue, true);
        s.send(channel, queue, "1", "2");
        s.arrive(first, active, 2);

        first.close();
        s.send(channel, queue, "3");

        s.arrive(second, waiting, 1);
    }

    private static void directReply(Session s) throws Exception {
        Connection connection = s.connect();
        Channel channel = s.channel(connection);
        Channel client = connection.createChannel();
        String queue = s.queue(channel);
        BlockingQueue<Delivery> replies = s.consume(client, "amq.rabbitmq.reply-to", true);
        client.basicPublish(
                "", queue, new BasicProperties.Builder().replyTo("amq.rabbitmq.reply-to").build(), "ask".getBytes());

        s.send(channel, s.getSoon(channel, queue).getProps().getReplyTo(), "answer");

        Session.equal("answer", Session.text(s.arrive(client, replies, 1).get(0).getBody()));
    }
}
