import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** What the behaviours share: connections that end with their test, and waiting. */
final class Session implements AutoCloseable {
    static final long LIMIT_MS = 10_000;
    static final BasicProperties NONE = new BasicProperties();

    private final List<Connection> connections = new ArrayList<>();

    /** A factory for the broker of the matrix, without recovery. */
    ConnectionFactory factory() throws Exception {
        String tls = System.getenv("VARVE_MATRIX_TLS");
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri((tls != null ? tls : System.getenv("VARVE_MATRIX_URI")).replaceAll("/$", ""));
        if (tls != null) {
            factory.useSslProtocol(trusting(System.getenv("VARVE_MATRIX_CA")));
            factory.enableHostnameVerification();
        }
        factory.setAutomaticRecoveryEnabled(false);
        factory.setTopologyRecoveryEnabled(false);
        return factory;
    }

    private static SSLContext trusting(String path) throws Exception {
        KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
        authorities.load(null, null);
        try (InputStream file = new FileInputStream(path)) {
            authorities.setCertificateEntry("matrix", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(authorities);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    Connection connect(ConnectionFactory factory) throws Exception {
        Connection connection = factory.newConnection();
        connections.add(connection);
        return connection;
    }

    Connection connect() throws Exception {
        return connect(factory());
    }

    @Override
    public void close() {
        connections.forEach(connection -> connection.abort(2000));
    }

    /** A channel with confirms, on a connection of its own. */
    Channel channel() throws Exception {
        return channel(connect());
    }

    Channel channel(Connection connection) throws Exception {
        Channel channel = connection.createChannel();
        channel.confirmSelect();
        return channel;
    }

    static String unique(String stem) {
        return stem + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    /** Declares an exclusive one. */
    String queue(Channel channel, Map<String, Object> arguments) throws Exception {
        return channel.queueDeclare(unique("queue"), false, true, false, arguments).getQueue();
    }

    String queue(Channel channel) throws Exception {
        return queue(channel, Map.of());
    }

    String exchange(Channel channel, String kind, Map<String, Object> arguments) throws Exception {
        String name = unique("exchange");
        channel.exchangeDeclare(name, kind, false, true, arguments);
        return name;
    }

    String exchange(Channel channel, String kind) throws Exception {
        return exchange(channel, kind, Map.of());
    }

    String boundQueue(Channel channel, String exchange, String key, Map<String, Object> arguments) throws Exception {
        String name = queue(channel);
        channel.queueBind(name, exchange, key, arguments);
        return name;
    }

    String boundQueue(Channel channel, String exchange, String key) throws Exception {
        return boundQueue(channel, exchange, key, Map.of());
    }

    /** Publishes and waits for the confirm; false if that is a nack. */
    boolean publish(Channel channel, String exchange, String key, BasicProperties properties, String body)
            throws Exception {
        channel.basicPublish(exchange, key, properties, body.getBytes(StandardCharsets.UTF_8));
        return channel.waitForConfirms(LIMIT_MS);
    }

    void send(Channel channel, String queue, String... bodies) throws Exception {
        for (String body : bodies) {
            publish(channel, "", queue, NONE, body);
        }
    }

    static String text(byte[] body) {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** Takes the bodies that are ready, in order. */
    List<String> drain(Channel channel, String queue) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (GetResponse got; (got = channel.basicGet(queue, true)) != null;) {
            bodies.add(text(got.getBody()));
        }
        return bodies;
    }

    /** The first answer that is neither null nor false. */
    <T> T await(String what, long intervalMs, Callable<T> question) throws Exception {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MS);
        BlockingQueue<Object> nothing = new LinkedBlockingQueue<>();
        for (;;) {
            T answer = question.call();
            if (answer != null && !Boolean.FALSE.equals(answer)) {
                return answer;
            }
            check(System.nanoTime() < end, what + ": not within " + LIMIT_MS + " ms");
            nothing.poll(intervalMs, TimeUnit.MILLISECONDS);
        }
    }

    /** One message as soon as there is one, unsettled. */
    GetResponse getSoon(Channel channel, String queue) throws Exception {
        return await("a message in " + queue, 10, () -> channel.basicGet(queue, false));
    }

    /** A queue to which deliveries are added. */
    BlockingQueue<Delivery> consume(Channel channel, String queue, boolean autoAck) throws Exception {
        BlockingQueue<Delivery> arrived = new LinkedBlockingQueue<>();
        channel.basicConsume(queue, autoAck, (tag, delivery) -> arrived.add(delivery), tag -> { });
        return arrived;
    }

    /** This many arrive, and no more after two round trips; returns them. */
    List<Delivery> arrive(Channel channel, BlockingQueue<Delivery> arrived, int count) throws Exception {
        List<Delivery> deliveries = new ArrayList<>();
        while (deliveries.size() < count) {
            Delivery delivery = arrived.poll(LIMIT_MS, TimeUnit.MILLISECONDS);
            check(delivery != null, deliveries.size() + " deliveries in place of " + count);
            deliveries.add(delivery);
        }
        queue(channel);
        queue(channel);
        check(arrived.isEmpty(), "more than " + count + " deliveries");
        return deliveries;
    }

    static void check(boolean fact, String what) {
        if (!fact) {
            throw new AssertionError(what);
        }
    }

    static void equal(Object want, Object got) {
        check(Objects.deepEquals(want, got), "want " + want + ", got " + got);
    }

    /** What the server said when it closed the channel or connection, however the client wrapped it. */
    static String closing(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof ShutdownSignalException signal && signal.getReason() != null) {
                Method reason = signal.getReason();
                return reason.toString();
            }
        }
        return String.valueOf(error);
    }

    /** The call ends with the server closing: this code, and a text with this beginning; returns all that it said. */
    static String refused(Callable<?> call, int code, String text) throws Exception {
        try {
            call.call();
        } catch (java.io.IOException | ShutdownSignalException error) {
            String told = closing(error);
            check(told.contains("(reply-code=" + code + ", reply-text=" + text), told);
            return told;
        }
        throw new AssertionError("not refused with " + code);
    }

    /** Kills the broker and returns when it is there again. */
    static void restart() throws Exception {
        String[] address = System.getenv("VARVE_MATRIX_CONTROL").split(":");
        try (Socket door = new Socket(address[0], Integer.parseInt(address[1]))) {
            door.getOutputStream().write("restart\n".getBytes(StandardCharsets.UTF_8));
            equal("ok", new BufferedReader(new InputStreamReader(door.getInputStream())).readLine());
        }
    }
}
