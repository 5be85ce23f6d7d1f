package auth;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.arrow.flight.Action;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.Result;
import org.apache.arrow.flight.auth.BasicServerAuthHandler;
import org.apache.arrow.flight.auth2.BasicCallHeaderAuthenticator;
import org.apache.arrow.flight.auth2.GeneratedBearerTokenAuthenticator;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A server that knows ada: by Arrow Java's authenticator for headers, which hands out a bearer
 * token, or by its handler of handshakes.
 */
final class Door {
  private static final byte[] TOKEN = "token-of-ada".getBytes(StandardCharsets.UTF_8);

  private Door() {}

  static void serve(BufferAllocator allocator, String mode) throws Exception {
    var builder =
        FlightServer.builder(allocator, Location.forGrpcInsecure("127.0.0.1", 0), new WhoCalls());
    switch (mode) {
      case "header" ->
          builder.headerAuthenticator(
              new GeneratedBearerTokenAuthenticator(
                  new BasicCallHeaderAuthenticator(
                      (user, password) -> {
                        check(user, password);
                        return () -> user;
                      })));
      case "payload" -> builder.authHandler(new BasicServerAuthHandler(new Handshakes()));
      default -> throw new IllegalArgumentException("there is no mode " + mode);
    }
    try (var server = builder.build().start()) {
      System.out.println("listening on grpc://127.0.0.1:" + server.getPort());
      server.awaitTermination();
    }
  }

  private static void check(String user, String password) {
    if (!user.equals("ada") || !password.equals("feather")) {
      throw CallStatus.UNAUTHENTICATED.withDescription("who are you?").toRuntimeException();
    }
  }

  /** A token for a password, in the messages of a handshake. */
  private static final class Handshakes implements BasicServerAuthHandler.BasicAuthValidator {
    @Override
    public byte[] getToken(String user, String password) {
      check(user, password);
      return TOKEN;
    }

    @Override
    public Optional<String> isValid(byte[] token) {
      return java.util.Arrays.equals(token, TOKEN) ? Optional.of("ada") : Optional.empty();
    }
  }

  /** Says who calls. */
  private static final class WhoCalls extends NoOpFlightProducer {
    @Override
    public void doAction(CallContext context, Action action, StreamListener<Result> listener) {
      var who = context.peerIdentity().getBytes(StandardCharsets.UTF_8);
      listener.onNext(new Result(who));
      listener.onCompleted();
    }
  }
}
