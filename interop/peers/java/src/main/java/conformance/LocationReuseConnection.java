package conformance;

import java.util.List;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.types.pojo.Schema;

/** {@code location:reuse_connection}. */
final class LocationReuseConnection implements Scenario {
  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
        var endpoint = new FlightEndpoint(Checks.ticket("reuse"), Location.reuseConnection());
        return new FlightInfo(new Schema(List.of()), descriptor, List.of(endpoint), -1, -1);
      }
    };
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    try (var client = FlightClient.builder(allocator, location).build()) {
      var endpoints = client.getInfo(Checks.command("reuse")).getEndpoints();
      Checks.equal("the endpoints", endpoints.size(), 1);
      var locations = endpoints.get(0).getLocations();
      Checks.equal("the locations", locations.size(), 1);
      Checks.equal(
          "the location",
          locations.get(0).getUri().toString(),
          "arrow-flight-reuse-connection://?");
    }
  }
}
