package auth;

import java.io.FileInputStream;
import java.util.Arrays;
import org.apache.arrow.flight.CallHeaders;
import org.apache.arrow.flight.CallOption;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightCallHeaders;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightClientMiddleware;
import org.apache.arrow.flight.HeaderCallOption;
import org.apache.arrow.flight.Location;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * Arrow Java at the door: the client of a server that lets in only whom it knows, and such a
 * server. Of a client each step prints a line; the first one that goes wrong ends the program.
 * ROOTS is a file of certificates, for TLS, or empty.
 *
 * <pre>
 * auth login HOST PORT ROOTS USER PASSWORD TOKEN_OF_ANOTHER
 * auth tokens HOST PORT ROOTS DATASET GOOD_TOKEN BAD_TOKEN...
 * auth serve (header | payload)
 * </pre>
 */
final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    try (var allocator = new RootAllocator()) {
      if (args[0].equals("serve")) {
        Door.serve(allocator, args[1]);
        return;
      }
      var server = new Server(allocator, args[1], Integer.parseInt(args[2]), args[3]);
      switch (args[0]) {
        case "login" -> Login.run(server, args[4], args[5], args[6]);
        case "tokens" ->
            Tokens.run(server, args[4], args[5], Arrays.copyOfRange(args, 6, args.length));
        default -> throw new IllegalArgumentException("there is no " + args[0]);
      }
    }
  }

  /** Where a server is, and by which certificates it is trusted. */
  record Server(BufferAllocator allocator, String host, int port, String roots) {
    FlightClient connect(FlightClientMiddleware.Factory... middleware) throws Exception {
      if (roots.isEmpty()) {
        var builder = FlightClient.builder(allocator, Location.forGrpcInsecure(host, port));
        return build(builder, middleware);
      }
      try (var trusted = new FileInputStream(roots)) {
        var builder = FlightClient.builder(allocator, Location.forGrpcTls(host, port));
        return build(builder.trustedCertificates(trusted), middleware);
      }
    }

    private static FlightClient build(
        FlightClient.Builder builder, FlightClientMiddleware.Factory... middleware) {
      for (var factory : middleware) {
        builder.intercept(factory);
      }
      return builder.build();
    }
  }

  static CallOption bearer(String token) {
    CallHeaders headers = new FlightCallHeaders();
    headers.insert("authorization", "Bearer " + token);
    return new HeaderCallOption(headers);
  }

  static void list(FlightClient client, CallOption... options) {
    client.listFlights(Criteria.ALL, options).forEach(info -> {});
  }
}
