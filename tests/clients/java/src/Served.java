import io.grpc.InsecureServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.grpc.xds.XdsServerBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;

/** A server that answers calls, as xDS says, until the standard input ends: see ../../README.md. */
final class Served {
  static void serve(String listening, String name) throws IOException, InterruptedException {
    var address = URI.create("tcp://" + listening);
    var echo =
        ServerCalls.asyncUnaryCall(
            (String request, StreamObserver<String> answer) -> {
              answer.onNext(name);
              answer.onCompleted();
            });
    var server =
        XdsServerBuilder.forAddress(
                new InetSocketAddress(address.getHost(), address.getPort()), InsecureServerCredentials.create())
            .xdsServingStatusListener(new Says())
            .addService(ServerServiceDefinition.builder("chancery.echo.v1.Echo").addMethod(Echo.METHOD, echo).build())
            .build();
    // It returns when the server serves.
    var start = new Thread(() -> start(server));
    start.setDaemon(true);
    start.start();
    System.in.transferTo(OutputStream.nullOutputStream());
    server.shutdown().awaitTermination();
  }

  private static void start(io.grpc.Server server) {
    try {
      server.start();
    } catch (IOException error) {
      error.printStackTrace();
      System.exit(1);
    }
  }

  private static final class Says implements XdsServerBuilder.XdsServingStatusListener {
    @Override
    public void onServing() {
      Client.say(Map.of("serving", true));
    }

    @Override
    public void onNotServing(Throwable why) {
      Client.say(Map.of("serving", false));
    }
  }

  private Served() {}
}
