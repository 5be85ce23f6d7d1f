package conformance;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.PollInfo;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** {@code poll_flight_info}. */
final class PollFlightInfo implements Scenario {
  private static final Schema SCHEMA =
      new Schema(List.of(Field.notNullable("number", new ArrowType.Int(32, false))));

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public PollInfo pollFlightInfo(CallContext context, FlightDescriptor descriptor) {
        var endpoint = new FlightEndpoint(Checks.ticket("long-running query"));
        var info = new FlightInfo(SCHEMA, descriptor, List.of(endpoint), -1, -1);
        if (Checks.isCommand(descriptor, "poll")) {
          return new PollInfo(info, null, 1.0, null);
        }
        return new PollInfo(info, Checks.command("poll"), 0.1, Instant.now().plusSeconds(10));
      }
    };
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    try (var client = FlightClient.builder(allocator, location).build()) {
      PollInfo running = client.pollInfo(Checks.command("heavy query"));
      Checks.that(running.getFlightInfo() != null, "the running query has no info");
      Checks.that(running.getFlightDescriptor().isPresent(), "the query is complete at once");
      double progress = running.getProgress().orElse(-1.0);
      Checks.that(progress >= 0 && progress <= 1, "the running query has no progress");
      Checks.that(running.getExpirationTime().isPresent(), "the running query never expires");

      PollInfo complete = client.pollInfo(running.getFlightDescriptor().get());
      Checks.that(complete.getFlightInfo() != null, "the complete query has no info");
      Checks.equal("the descriptor", complete.getFlightDescriptor(), Optional.empty());
      Checks.equal("the progress", complete.getProgress(), Optional.of(1.0));
      Checks.equal("the expiration time", complete.getExpirationTime(), Optional.empty());
    }
  }
}
