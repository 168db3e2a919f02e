import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.impl.CredentialsProvider;
import com.rabbitmq.client.impl.CredentialsRefreshService;
import com.rabbitmq.client.impl.DefaultCredentialsProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The handshake, the heartbeats, errors of channels, recovery. */
final class ConnectionBehaviours {
    private ConnectionBehaviours() { }

    static void addTo(Suite suite) {
        suite.behaviour("connects_and_tunes", ConnectionBehaviours::connectsAndTunes);
        suite.behaviour("heartbeats_keep_an_idle_connection_open", ConnectionBehaviours::heartbeats);
        suite.behaviour("wrong_password_is_403", ConnectionBehaviours::wrongPassword);
        suite.behaviour("unknown_vhost_is_530", ConnectionBehaviours::unknownVhost);
        suite.behaviour("secret_can_be_updated", ConnectionBehaviours::updatesSecret);
        suite.behaviour("missing_queue_is_404", s -> Session.refused(
                () -> s.channel().queueDeclarePassive("gone"), 404, "NOT_FOUND - no queue 'gone' in vhost '/'"));
        suite.behaviour("missing_exchange_is_404", s -> Session.refused(
                () -> s.publish(s.channel(), "gone", "", Session.NONE, "1"), 404,
                "NOT_FOUND - no exchange 'gone' in vhost '/'"));
        suite.behaviour("locked_queue_is_405", ConnectionBehaviours::lockedQueue);
        suite.behaviour("other_arguments_are_406", ConnectionBehaviours::otherArguments);
        suite.behaviour("unknown_delivery_tag_is_406", ConnectionBehaviours::unknownTag);
        suite.behaviour("channel_number_can_be_used_after_an_error", ConnectionBehaviours::channelNumber);
        suite.behaviour("client_recovers_after_the_broker_was_killed", ConnectionBehaviours::recovers);
        suite.behaviour("durable_messages_survive_a_killed_broker", ConnectionBehaviours::durableMessages);
    }

    private static void connectsAndTunes(Session s) throws Exception {
        ConnectionFactory factory = s.factory();
        factory.setRequestedHeartbeat(30);

        Connection connection = s.connect(factory);

        Session.equal(List.of(2047, 131072, 30),
                List.of(connection.getChannelMax(), connection.getFrameMax(), connection.getHeartbeat()));
        Map<?, ?> capabilities = (Map<?, ?>) connection.getServerProperties().get("capabilities");
        Session.equal(true, capabilities.get("publisher_confirms"));
    }

    private static void heartbeats(Session s) throws Exception {
        ConnectionFactory factory = s.factory();
        factory.setRequestedHeartbeat(1);
        Connection connection = s.connect(factory);
        CountDownLatch closed = new CountDownLatch(1);
        connection.addShutdownListener(cause -> closed.countDown());

        boolean wasClosed = closed.await(3500, TimeUnit.MILLISECONDS);

        Session.check(!wasClosed, "closed");
        s.queue(s.channel(connection));
    }

    private static void wrongPassword(Session s) throws Exception {
        ConnectionFactory factory = s.factory();
        factory.setPassword("wrong");
        try {
            s.connect(factory);
        } catch (AuthenticationFailureException error) {
            Session.check(error.getMessage().startsWith(
                    "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN"), error.getMessage());
            return;
        }
        throw new AssertionError("not refused");
    }

    private static void unknownVhost(Session s) throws Exception {
        ConnectionFactory factory = s.factory();
        factory.setVirtualHost("gone");

        Session.refused(() -> s.connect(factory), 530, "NOT_ALLOWED - vhost gone not found");
    }

    /** The client sends update-secret when its refresh service says that it is time. */
    private static void updatesSecret(Session s) throws Exception {
        List<Callable<Boolean>> refreshes = new ArrayList<>();
        ConnectionFactory factory = s.factory();
        factory.setCredentialsProvider(new DefaultCredentialsProvider("guest", "guest") {
            @Override
            public Duration getTimeBeforeExpiration() {
                return Duration.ofHours(1);
            }
        });
        factory.setCredentialsRefreshService(new CredentialsRefreshService() {
            @Override
            public String register(CredentialsProvider provider, Callable<Boolean> refresh) {
                refreshes.add(refresh);
                return "one";
            }

            @Override
            public void unregister(CredentialsProvider provider, String registration) { }

            @Override
            public boolean isApproachingExpiration(Duration left) {
                return false;
            }
        });
        Connection connection = s.connect(factory);

        Session.equal(true, refreshes.get(0).call());

        s.queue(s.channel(connection));
    }

    private static void lockedQueue(Session s) throws Exception {
        String queue = s.queue(s.channel());

        Session.refused(() -> s.channel().queueDeclarePassive(queue), 405,
                "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '" + queue + "'");
    }

    private static void otherArguments(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = s.queue(channel, Map.of("x-message-ttl", 1000));

        String told = Session.refused(
                () -> channel.queueDeclare(queue, false, true, false, Map.of("x-message-ttl", 2000)), 406,
                "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue '" + queue + "'");

        Session.check(told.contains("class-id=50, method-id=10"), told);
    }

    private static void unknownTag(Session s) throws Exception {
        Channel channel = s.channel();

        Session.refused(() -> {
            channel.basicAck(7, false);
            return s.queue(channel);
        }, 406, "PRECONDITION_FAILED - unknown delivery tag 7");
    }

    private static void channelNumber(Session s) throws Exception {
        Connection connection = s.connect();
        Channel failing = connection.createChannel(5);
        Channel other = connection.createChannel();
        Session.refused(() -> failing.queueDeclarePassive("gone"), 404, "NOT_FOUND");

        Channel again = s.await("channel 5", 10, () -> connection.createChannel(5));

        s.queue(again);
        s.queue(other);
    }

    /** The client's own recovery: connection, channel, exchange, queue, binding and consumer come back. */
    private static void recovers(Session s) throws Exception {
        ConnectionFactory factory = s.factory();
        factory.setAutomaticRecoveryEnabled(true);
        factory.setTopologyRecoveryEnabled(true);
        factory.setNetworkRecoveryInterval(100);
        Channel channel = s.connect(factory).createChannel();
        String exchange = s.exchange(channel, BuiltinExchangeType.DIRECT.getType());
        String queue = s.boundQueue(channel, exchange, "key");
        BlockingQueue<Delivery> arrived = s.consume(channel, queue, true);
        channel.basicPublish(exchange, "key", null, "before".getBytes());
        Session.equal("before", Session.text(s.arrive(channel, arrived, 1).get(0).getBody()));

        Session.restart();

        s.await("a delivery after the restart", 200, () -> {
            try {
                channel.basicPublish(exchange, "key", null, "after".getBytes());
            } catch (com.rabbitmq.client.ShutdownSignalException | java.io.IOException error) {
                return null;
            }
            Delivery delivery = arrived.poll();
            return delivery != null && Session.text(delivery.getBody()).equals("after") ? true : null;
        });
    }

    private static void durableMessages(Session s) throws Exception {
        Channel channel = s.channel();
        String queue = channel.queueDeclare(Session.unique("queue"), true, false, false, null).getQueue();
        List<String> sent = new ArrayList<>();
        for (int n = 0; n < 50; ++n) {
            sent.add(String.valueOf(n));
            s.publish(channel, "", queue, MessageProperties.PERSISTENT_BASIC, sent.get(n));
        }

        Session.restart();

        Channel again = s.channel();
        Session.equal(sent, s.drain(again, queue));
        again.queueDelete(queue);
    }
}
