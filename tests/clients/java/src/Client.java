import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.internal.GrpcUtil;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.xds.CsdsService;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A gRPC client of grpc-java that does what its standard input says: see ../../README.md. */
public final class Client {
  private static final Gson GSON = new Gson();

  /** What became of calls. */
  private static final class Outcome {
    private final Map<String, Integer> pods = new TreeMap<>();
    private final List<Map<String, Object>> errors = new ArrayList<>();

    /** Makes one call, and returns when it is over. */
    void call(Channel channel, JsonObject asked) {
      var headers = new Metadata();
      if (asked.has("headers")) {
        for (Map.Entry<String, JsonElement> header : asked.getAsJsonObject("headers").entrySet()) {
          var key = Metadata.Key.of(header.getKey(), Metadata.ASCII_STRING_MARSHALLER);
          headers.put(key, header.getValue().getAsString());
        }
      }
      var deadline = asked.has("deadline_ms") ? asked.get("deadline_ms").getAsLong() : 5000;
      var options = CallOptions.DEFAULT.withDeadlineAfter(deadline, TimeUnit.MILLISECONDS);
      var with = MetadataUtils.newAttachHeadersInterceptor(headers);
      try {
        var intercepted = ClientInterceptors.intercept(channel, with);
        var pod = ClientCalls.blockingUnaryCall(intercepted, Echo.METHOD, options, "hello");
        synchronized (this) {
          pods.merge(pod, 1, Integer::sum);
        }
      } catch (StatusRuntimeException error) {
        var status = error.getStatus();
        // The description alone says little: "http2 exception".
        var message = status.getDescription() + (status.getCause() == null ? "" : ": " + status.getCause());
        synchronized (this) {
          errors.add(Map.of("code", status.getCode().value(), "message", message));
        }
      }
    }

    synchronized void say() {
      Client.say(Map.of("pods", pods, "errors", errors));
    }
  }

  /** Calls at a rate, each call beside the others, until it is stopped. */
  private static final class Background {
    final Outcome outcome = new Outcome();
    private final ExecutorService calls = Executors.newCachedThreadPool();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    Background(Channel channel, JsonObject asked) {
      var period = (long) (1e9 / asked.get("start").getAsDouble());
      Runnable call = () -> outcome.call(channel, asked);
      clock.scheduleAtFixedRate(() -> calls.execute(call), period, period, TimeUnit.NANOSECONDS);
    }

    void stop() throws InterruptedException {
      clock.shutdown();
      clock.awaitTermination(1, TimeUnit.MINUTES);
      calls.shutdown();
      calls.awaitTermination(1, TimeUnit.MINUTES);
    }
  }

  /** The channel that the program was started with, whose target is "", and those dialled since, by target. */
  private static final class Channels {
    final Map<String, ManagedChannel> channels = new HashMap<>();
    private final Long idleMillis;

    Channels(String target, Long idleMillis) {
      this.idleMillis = idleMillis;
      channels.put("", open(target));
    }

    private ManagedChannel open(String target) {
      var builder = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create());
      if (idleMillis != null) {
        builder.idleTimeout(idleMillis, TimeUnit.MILLISECONDS);
      }
      return builder.build();
    }

    /** Makes these targets the dialled ones, and says what refused to be one. */
    Map<String, String> dial(Set<String> targets) {
      var refused = new TreeMap<String, String>();
      for (var target : targets) {
        if (channels.containsKey(target)) {
          continue;
        }
        try {
          var channel = open(target);
          channel.getState(true);
          channels.put(target, channel);
        } catch (RuntimeException error) {
          refused.put(target, error.getMessage());
        }
      }
      var others = new HashSet<>(channels.keySet());
      others.removeAll(targets);
      others.remove("");
      others.forEach(target -> channels.remove(target).shutdownNow());
      return refused;
    }
  }

  static void say(Object answer) {
    System.out.println(GSON.toJson(answer));
  }

  /** Serves CSDS, and says the first line. */
  private static void introduce() throws IOException {
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create())
            .addService(CsdsService.newInstance())
            .build()
            .start();
    say(Map.of("version", GrpcUtil.getGrpcBuildVersion().getImplementationVersion(),
        "csds", "127.0.0.1:" + server.getPort()));
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments[0].equals("--serve")) {
      introduce();
      Served.serve(arguments[1], arguments[2]);
    } else {
      call(arguments);
    }
    System.exit(0);
  }

  private static void call(String[] arguments) throws IOException, InterruptedException {
    var channels = new Channels(arguments[0], arguments.length > 1 ? Long.valueOf(arguments[1]) : null);
    introduce();
    Background background = null;
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      var asked = JsonParser.parseString(line).getAsJsonObject();
      var channel = channels.channels.get(asked.has("on") ? asked.get("on").getAsString() : "");
      if (asked.has("call")) {
        var outcome = new Outcome();
        for (var left = asked.get("call").getAsInt(); left > 0; left--) {
          outcome.call(channel, asked);
        }
        outcome.say();
      } else if (asked.has("start")) {
        background = new Background(channel, asked);
        background.outcome.say();
      } else if (asked.has("stop")) {
        background.stop();
        background.outcome.say();
      } else if (asked.has("state")) {
        say(Map.of("state", channel.getState(false).name()));
      } else if (asked.has("dial")) {
        var targets = new LinkedHashSet<String>();
        asked.getAsJsonArray("dial").forEach(target -> targets.add(target.getAsString()));
        say(Map.of("refused", channels.dial(targets)));
      } else {
        throw new IllegalArgumentException("not a command: " + line);
      }
    }
  }

  private Client() {}
}
