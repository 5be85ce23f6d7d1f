package conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** {@code ordered}. */
final class Ordered implements Scenario {
  private static final Schema SCHEMA =
      new Schema(List.of(Field.notNullable("number", new ArrowType.Int(32, true))));
  private static final Map<String, List<Integer>> DATA =
      Map.of("1", List.of(1, 2, 3), "2", List.of(10, 20, 30), "3", List.of(100, 200, 300));

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
        boolean ordered = Checks.isCommand(descriptor, "ordered");
        var tickets = ordered ? Stream.of("1", "2", "3") : Stream.of("1", "3", "2");
        var endpoints = tickets.map(text -> new FlightEndpoint(Checks.ticket(text))).toList();
        return new FlightInfo(
            SCHEMA, descriptor, endpoints, -1, -1, ordered, IpcOption.DEFAULT);
      }

      @Override
      public void getStream(CallContext context, Ticket ticket, ServerStreamListener listener) {
        List<Integer> numbers = DATA.get(Checks.text(ticket.getBytes()));
        if (numbers == null) {
          throw Checks.notFound("there is no such ticket");
        }
        try (var root = VectorSchemaRoot.create(SCHEMA, allocator)) {
          var vector = (IntVector) root.getVector(0);
          for (int at = 0; at < numbers.size(); ++at) {
            vector.setSafe(at, numbers.get(at));
          }
          root.setRowCount(numbers.size());
          listener.start(root);
          listener.putNext();
          listener.completed();
        }
      }
    };
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    try (var client = FlightClient.builder(allocator, location).build()) {
      FlightInfo info = client.getInfo(Checks.command("ordered"));
      Checks.that(info.getOrdered(), "the flight is not ordered");
      var found = new ArrayList<Integer>();
      for (FlightEndpoint endpoint : info.getEndpoints()) {
        Checks.that(endpoint.getLocations().isEmpty(), "an endpoint has locations");
        try (var stream = client.getStream(endpoint.getTicket())) {
          while (stream.next()) {
            var vector = (IntVector) stream.getRoot().getVector(0);
            for (int at = 0; at < vector.getValueCount(); ++at) {
              found.add(vector.get(at));
            }
          }
        }
      }
      Checks.equal("the data", found, List.of(1, 2, 3, 10, 20, 30, 100, 200, 300));
    }
  }
}
