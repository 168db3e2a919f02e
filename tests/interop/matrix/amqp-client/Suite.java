import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The behaviours of the matrix with RabbitMQ's Java client: runs all, or those named as arguments. */
final class Suite {
    interface Body {
        void run(Session session) throws Exception;
    }

    private static final long BODY_LIMIT_S = 40;
    private final Map<String, Body> behaviours = new LinkedHashMap<>();

    void behaviour(String name, Body body) {
        behaviours.put(name, body);
    }

    /** Tells the matrix how it went; returns whether well. */
    private boolean run(String name, Body body, ExecutorService executor) {
        Future<?> done = executor.submit(() -> {
            try (Session session = new Session()) {
                body.run(session);
            }
            return null;
        });
        try {
            done.get(BODY_LIMIT_S, TimeUnit.SECONDS);
            System.out.println("behaviour passed " + name);
            return true;
        } catch (Exception error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            cause.printStackTrace(System.out);
            System.out.println("behaviour failed " + name + ": " + String.valueOf(cause).replaceAll("\\s+", " "));
            return false;
        }
    }

    public static void main(String[] names) {
        Suite suite = new Suite();
        ConnectionBehaviours.addTo(suite);
        MessageBehaviours.addTo(suite);
        RoutingBehaviours.addTo(suite);
        List<String> chosen = names.length > 0 ? List.of(names) : new ArrayList<>(suite.behaviours.keySet());
        ExecutorService executor = Executors.newCachedThreadPool();
        boolean passed = true;
        for (String name : chosen) {
            passed &= suite.run(name, suite.behaviours.get(name), executor);
        }
        System.out.flush();
        Runtime.getRuntime().halt(passed ? 0 : 1);
    }
}
