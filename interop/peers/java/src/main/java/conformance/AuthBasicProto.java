package conformance;

import java.util.Optional;
import org.apache.arrow.flight.Action;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.FlightStatusCode;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.Result;
import org.apache.arrow.flight.auth.BasicClientAuthHandler;
import org.apache.arrow.flight.auth.BasicServerAuthHandler;
import org.apache.arrow.memory.BufferAllocator;

/** {@code auth:basic_proto}. */
final class AuthBasicProto implements Scenario {
  private static final String USERNAME = "arrow";
  private static final String PASSWORD = "flight";
  private static final String TOKEN = "token of ";

  private static final class Validator implements BasicServerAuthHandler.BasicAuthValidator {
    @Override
    public byte[] getToken(String username, String password) {
      if (USERNAME.equals(username) && PASSWORD.equals(password)) {
        return Checks.utf8(TOKEN + username);
      }
      throw CallStatus.UNAUTHENTICATED.withDescription("not valid").toRuntimeException();
    }

    @Override
    public Optional<String> isValid(byte[] token) {
      boolean valid = token != null && Checks.text(token).equals(TOKEN + USERNAME);
      return valid ? Optional.of(USERNAME) : Optional.empty();
    }
  }

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public void doAction(CallContext context, Action action, StreamListener<Result> listener) {
        listener.onNext(new Result(Checks.utf8(context.peerIdentity())));
        listener.onCompleted();
      }
    };
  }

  @Override
  public void configure(FlightServer.Builder builder) {
    builder.authHandler(new BasicServerAuthHandler(new Validator()));
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    try (FlightClient client = FlightClient.builder(allocator, location).build()) {
      // Every call is refused, not only that of the scenario.
      var unlisted = Checks.failure(() -> client.listActions().forEach(action -> {}));
      Checks.equal("the code", unlisted.status().code(), FlightStatusCode.UNAUTHENTICATED);
      var refused = Checks.failure(() -> client.doAction(new Action("")).next());
      Checks.equal("the code", refused.status().code(), FlightStatusCode.UNAUTHENTICATED);
      client.authenticate(new BasicClientAuthHandler(USERNAME, PASSWORD));
      var results = client.doAction(new Action(""));
      Checks.equal("the result", Checks.text(results.next().getBody()), USERNAME);
      Checks.that(!results.hasNext(), "there is a second result");
    }
  }
}
