package conformance;

import org.apache.arrow.flight.CallHeaders;
import org.apache.arrow.flight.CallInfo;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightClientMiddleware;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.FlightServerMiddleware;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.types.pojo.Schema;

/** {@code middleware}. */
final class Middleware implements Scenario {
  private static final String NAME = "x-middleware";
  private static final String VALUE = "expected value";

  /** Answers with the header that the call came with. */
  private record Echo(String value) implements FlightServerMiddleware {
    @Override
    public void onBeforeSendingHeaders(CallHeaders headers) {
      headers.insert(NAME, value);
    }

    @Override
    public void onCallCompleted(CallStatus status) {}

    @Override
    public void onCallErrored(Throwable failure) {}
  }

  /** Sends the header, and keeps what comes back. */
  private static final class Recorder
      implements FlightClientMiddleware.Factory, FlightClientMiddleware {
    private volatile String received;

    @Override
    public FlightClientMiddleware onCallStarted(CallInfo info) {
      return this;
    }

    @Override
    public void onBeforeSendingHeaders(CallHeaders headers) {
      headers.insert(NAME, VALUE);
    }

    @Override
    public void onHeadersReceived(CallHeaders headers) {
      String value = headers.get(NAME);
      received = value == null ? received : value;
    }

    @Override
    public void onCallCompleted(CallStatus status) {}
  }

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
        if (!Checks.isCommand(descriptor, "success")) {
          throw CallStatus.UNKNOWN.withDescription("Unknown").toRuntimeException();
        }
        // Nobody listens there: the flight is not read.
        var location = Location.forGrpcInsecure("localhost", 10010);
        var endpoint = new FlightEndpoint(Checks.ticket("foo"), location);
        var schema = new Schema(java.util.List.of());
        return new FlightInfo(schema, descriptor, java.util.List.of(endpoint), -1, -1);
      }
    };
  }

  @Override
  public void configure(FlightServer.Builder builder) {
    builder.middleware(
        FlightServerMiddleware.Key.of("echo"),
        (info, headers, context) -> {
          String value = headers.get(NAME);
          return new Echo(value == null ? "" : value);
        });
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    var recorder = new Recorder();
    try (var client = FlightClient.builder(allocator, location).intercept(recorder).build()) {
      Checks.failure(() -> client.getInfo(Checks.command("")));
      Checks.equal("the header", recorder.received, VALUE);
      recorder.received = null;
      client.getInfo(Checks.command("success"));
      Checks.equal("the header", recorder.received, VALUE);
    }
  }
}
