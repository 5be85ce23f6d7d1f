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
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.types.pojo.Schema;

/** {@code app_metadata_flight_info_endpoint}. */
final class AppMetadata implements Scenario {
  private static final String COMMAND = "foobar";

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
        if (!descriptor.isCommand()) {
          throw Checks.invalid("a descriptor by command is expected");
        }
        byte[] command = descriptor.getCommand();
        var endpoint =
            FlightEndpoint.builder(Checks.ticket("")).setAppMetadata(command).build();
        return new FlightInfo(
            new Schema(List.of()),
            descriptor,
            List.of(endpoint),
            -1,
            -1,
            false,
            IpcOption.DEFAULT,
            command);
      }
    };
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    try (var client = FlightClient.builder(allocator, location).build()) {
      FlightInfo info = client.getInfo(Checks.command(COMMAND));
      Checks.equal("the flight's metadata", Checks.text(info.getAppMetadata()), COMMAND);
      Checks.equal("the endpoints", info.getEndpoints().size(), 1);
      byte[] found = info.getEndpoints().get(0).getAppMetadata();
      Checks.equal("the endpoint's metadata", Checks.text(found), COMMAND);
    }
  }
}
