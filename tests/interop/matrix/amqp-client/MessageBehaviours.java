import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.LongString;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Publishing, consuming, settling, transactions. */
final class MessageBehaviours {
    /** A test with messages 1, 2, 3 in a queue, and a second channel to take from it. */
    private interface Taking {
        void run(Session session, Channel channel, Channel taker, String queue) throws Exception;
    }

    private MessageBehaviours() { }

    static void addTo(Suite suite) {
        suite.behaviour("publishes_are_each_confirmed_once", MessageBehaviours::confirms);
        suite.behaviour("unroutable_mandatory_message_returns_before_its_ack", MessageBehaviours::returns);
        suite.behaviour("large_message_crosses_many_frames", MessageBehaviours::largeMessage);
        suite.behaviour("properties_and_field_types_come_back_as_sent", MessageBehaviours::properties);
        taking(suite, "acked_message_is_gone", (s, channel, taker, queue) -> {
            taker.basicAck(s.getSoon(taker, queue).getEnvelope().getDeliveryTag(), false);
            taker.close();
            Session.equal(List.of("2", "3"), s.drain(channel, queue));
        });
        taking(suite, "rejected_message_is_gone", (s, channel, taker, queue) -> {
            taker.basicReject(s.getSoon(taker, queue).getEnvelope().getDeliveryTag(), false);
            taker.close();
            Session.equal(List.of("2", "3"), s.drain(channel, queue));
        });
        taking(suite, "nacked_message_comes_back_redelivered", MessageBehaviours::nacked);
        taking(suite, "unsettled_messages_of_a_closed_channel_come_back", MessageBehaviours::unsettled);
        taking(suite, "prefetch_limits_each_consumer", MessageBehaviours::prefetch);
        taking(suite, "global_prefetch_limits_the_channel", MessageBehaviours::globalPrefetch);
        taking(suite, "get_tells_how_many_are_left", (s, channel, taker, queue) -> {
            for (int left : new int[] {2, 1, 0}) {
                Session.equal(left, taker.basicGet(queue, false).getMessageCount());
            }
            Session.equal(null, taker.basicGet(queue, false));
        });
        taking(suite, "cancelled_consumer_gets_nothing_more", MessageBehaviours::cancelled);
        taking(suite, "deleting_the_queue_cancels_its_consumers", MessageBehaviours::deleted);
        taking(suite, "exclusive_consumer_is_alone", (s, channel, taker, queue) -> {
            taker.basicConsume(queue, false, "", false, true, null, (tag, delivery) -> { }, tag -> { });
            Session.refused(() -> s.consume(channel, queue, false), 403,
                    "ACCESS_REFUSED - queue '" + queue + "' in vhost '/' in exclusive use");
        });
        suite.behaviour("committed_transaction_takes_effect", s -> transaction(s, true, List.of("new")));
        suite.behaviour("rolled_back_transaction_leaves_nothing", s -> transaction(s, false, List.of("old")));
    }

    private static void taking(Suite suite, String name, Taking body) {
        suite.behaviour(name, s -> {
            Connection connection = s.connect();
            Channel channel = s.channel(connection);
            String queue = s.queue(channel);
            s.send(channel, queue, "1", "2", "3");
            body.run(s, channel, connection.createChannel(), queue);
        });
    }

    private static void confirms(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel);
        BlockingQueue<Long> acked = new LinkedBlockingQueue<>();
        long[] last = {0};
        channel.addConfirmListener((tag, multiple) -> {
            for (long n = multiple ? last[0] + 1 : tag; n <= tag; ++n) {
                acked.add(n);
            }
            last[0] = Math.max(last[0], tag);
        }, (tag, multiple) -> acked.add(-tag));
        for (int n = 0; n < 200; ++n) {
            channel.basicPublish("", queue, null, new byte[] {1});
        }

        channel.waitForConfirmsOrDie(Session.LIMIT_MS);

        s.await("200 confirms", 10, () -> acked.size() >= 200);
        List<Long> numbers = new ArrayList<>(acked);
        numbers.sort(null);
        Session.equal(IntStream.rangeClosed(1, 200).mapToObj(n -> (long) n).toList(), numbers);
    }

    private static void returns(Session s) throws Exception {
        Channel channel = s.channel();
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        channel.addReturnListener(returned -> told.add(returned.getReplyCode() + " " + Session.text(returned.getBody())));
        channel.addConfirmListener((tag, multiple) -> told.add("ack"), (tag, multiple) -> told.add("nack"));

        channel.basicPublish("", Session.unique("nobody"), true, null, "1".getBytes());

        Session.equal("312 1", told.poll(Session.LIMIT_MS, TimeUnit.MILLISECONDS));
        Session.equal("ack", told.poll(Session.LIMIT_MS, TimeUnit.MILLISECONDS));
    }

    private static void largeMessage(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel);
        byte[] body = new byte[3_000_000];
        for (int i = 0; i < body.length; ++i) {
            body[i] = (byte) (i * 31 >> 3);
        }

        channel.basicPublish("", queue, null, body);

        Session.check(Arrays.equals(body, s.getSoon(channel, queue).getBody()), "another body");
    }

    private static Map<String, Object> table() {
        Map<String, Object> table = new HashMap<>(Map.of(
                "text", "h\u00e4", "true", true, "octet", (byte) -5, "short", (short) -300, "small", 7,
                "long", 1L << 40, "float", 0.25f, "double", 0.1, "decimal", new BigDecimal("1.25"),
                "when", new Date(1767323045000L)));
        table.put("nothing", null);
        table.put("table", Map.of("inner", Map.of("list", List.of(1, "two", Map.of("three", 3)))));
        table.put("list", Arrays.asList("a", 1, false, null));
        return table;
    }

    /** LongStrings as strings, at any depth. */
    private static Object plain(Object value) {
        if (value instanceof LongString) {
            return value.toString();
        }
        if (value instanceof List<?> list) {
            return list.stream().map(MessageBehaviours::plain).collect(ArrayList::new, ArrayList::add, ArrayList::addAll);
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> all = new HashMap<>();
            map.forEach((key, inner) -> all.put(key, plain(inner)));
            return all;
        }
        return value;
    }

    private static void properties(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel);
        BasicProperties.Builder builder = new BasicProperties.Builder().contentType("text/plain").contentEncoding("utf-8")
                .deliveryMode(2).priority(3).correlationId("c").replyTo("r").expiration("60000").messageId("m")
                .timestamp(new Date(1767323045000L)).type("t").userId("guest").appId("a").clusterId("k");

        s.publish(channel, "", queue, builder.headers(table()).build(), "1");

        BasicProperties got = s.getSoon(channel, queue).getProps();
        Session.equal(table(), plain(got.getHeaders()));
        Session.equal(builder.headers(null).build(), got.builder().headers(null).build());
    }

    private static void nacked(Session s, Channel channel, Channel taker, String queue) throws Exception {
        GetResponse first = s.getSoon(taker, queue);
        taker.basicNack(first.getEnvelope().getDeliveryTag(), false, true);

        GetResponse again = s.getSoon(taker, queue);

        Session.equal(List.of(false, true, "1"), List.of(
                first.getEnvelope().isRedeliver(), again.getEnvelope().isRedeliver(), Session.text(again.getBody())));
    }

    private static void unsettled(Session s, Channel channel, Channel taker, String queue) throws Exception {
        for (int n = 0; n < 3; ++n) {
            s.getSoon(taker, queue);
        }

        taker.close();

        for (String body : List.of("1", "2", "3")) {
            GetResponse message = s.getSoon(channel, queue);
            Session.equal(List.of(body, true),
                    List.of(Session.text(message.getBody()), message.getEnvelope().isRedeliver()));
        }
    }

    private static void prefetch(Session s, Channel channel, Channel taker, String queue) throws Exception {
        s.send(channel, queue, "4", "5", "6");
        taker.basicQos(2);
        BlockingQueue<Delivery> first = s.consume(taker, queue, false);
        List<Delivery> deliveries = s.arrive(taker, first, 2);
        BlockingQueue<Delivery> second = s.consume(taker, queue, false);
        s.arrive(taker, second, 2);

        taker.basicAck(deliveries.get(0).getEnvelope().getDeliveryTag(), false);

        s.arrive(taker, first, 1);
        Session.check(second.isEmpty(), "another consumer's credit was used");
    }

    private static void globalPrefetch(Session s, Channel channel, Channel taker, String queue) throws Exception {
        taker.basicQos(1, true);
        BlockingQueue<Delivery> arrived = new LinkedBlockingQueue<>();
        for (int n = 0; n < 2; ++n) {
            taker.basicConsume(queue, false, (tag, delivery) -> arrived.add(delivery), tag -> { });
        }
        s.arrive(taker, arrived, 1);

        taker.basicQos(2, true);

        s.arrive(taker, arrived, 1);
    }

    private static void cancelled(Session s, Channel channel, Channel taker, String queue) throws Exception {
        BlockingQueue<Delivery> arrived = new LinkedBlockingQueue<>();
        String tag = taker.basicConsume(queue, false, (own, delivery) -> arrived.add(delivery), own -> { });
        List<Delivery> deliveries = s.arrive(taker, arrived, 3);

        taker.basicCancel(tag);
        s.send(channel, queue, "4");

        Session.equal("4", Session.text(s.getSoon(channel, queue).getBody()));
        taker.basicAck(deliveries.get(2).getEnvelope().getDeliveryTag(), true);
        s.arrive(taker, arrived, 0);
    }

    private static void deleted(Session s, Channel channel, Channel taker, String queue) throws Exception {
        CompletableFuture<String> cancelled = new CompletableFuture<>();
        String tag = taker.basicConsume(queue, false, (own, delivery) -> { }, cancelled::complete);

        channel.queueDelete(queue);

        Session.equal(tag, cancelled.get(Session.LIMIT_MS, TimeUnit.MILLISECONDS));
    }

    /** Settles `old` and publishes `new` in a transaction, which nobody sees before its end. */
    private static void transaction(Session s, boolean commit, List<String> left) throws Exception {
        Connection connection = s.connect();
        Channel other = s.channel(connection);
        Channel channel = connection.createChannel();
        String queue = s.queue(other);
        s.send(other, queue, "old");
        channel.txSelect();
        channel.basicAck(s.getSoon(channel, queue).getEnvelope().getDeliveryTag(), false);
        channel.basicPublish("", queue, null, "new".getBytes());
        Session.equal(0, channel.queueDeclarePassive(queue).getMessageCount());

        if (commit) {
            channel.txCommit();
        } else {
            channel.txRollback();
        }
        channel.close();

        Session.equal(left, s.drain(other, queue));
    }
}
