package conformance;

import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.arrow.flight.ActionType;
import org.apache.arrow.flight.CancelFlightInfoRequest;
import org.apache.arrow.flight.CancelStatus;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.RenewFlightEndpointRequest;
import org.apache.arrow.vector.UInt4Vector;

/** {@code expiration_time}: its four clients. */
final class ExpirationTimeClients {
  static void doGet(FlightClient client) throws Exception {
    FlightInfo info = client.getInfo(Checks.command("expiration_time"));
    Checks.equal("the endpoints", info.getEndpoints().size(), 3);
    for (int at = 0; at < 3; ++at) {
      FlightEndpoint endpoint = info.getEndpoints().get(at);
      Checks.equal("expires", endpoint.getExpirationTime().isPresent(), at > 0);
      try (var stream = client.getStream(endpoint.getTicket())) {
        Checks.that(stream.next(), "an endpoint is empty");
        var vector = (UInt4Vector) stream.getRoot().getVector(0);
        Checks.equal("the rows", vector.getValueCount(), 1);
        Checks.equal("the number", vector.get(0), at);
        Checks.that(!stream.next(), "there is a second batch");
      }
    }
  }

  static void listActions(FlightClient client) {
    var actions = StreamSupport.stream(client.listActions().spliterator(), false);
    List<String> names = actions.map(ActionType::getType).sorted().toList();
    Checks.equal("the actions", names, List.of("CancelFlightInfo", "RenewFlightEndpoint"));
  }

  static void cancelFlightInfo(FlightClient client) throws Exception {
    FlightInfo info = client.getInfo(Checks.command("expiration"));
    var result = client.cancelFlightInfo(new CancelFlightInfoRequest(info));
    Checks.equal("the status", result.getStatus(), CancelStatus.CANCELLED);
    for (FlightEndpoint endpoint : info.getEndpoints()) {
      Checks.failure(
          () -> {
            try (var stream = client.getStream(endpoint.getTicket())) {
              stream.next();
            }
          });
    }
  }

  static void renewFlightEndpoint(FlightClient client) {
    FlightInfo info = client.getInfo(Checks.command("expiration"));
    int renewed = 0;
    for (FlightEndpoint endpoint : info.getEndpoints()) {
      if (endpoint.getExpirationTime().isEmpty()) {
        continue;
      }
      var after = client.renewFlightEndpoint(new RenewFlightEndpointRequest(endpoint));
      Checks.that(after.getExpirationTime().isPresent(), "a renewed endpoint never expires");
      Checks.that(
          after.getExpirationTime().get().isAfter(endpoint.getExpirationTime().get()),
          "a renewed endpoint does not expire later");
      ++renewed;
    }
    Checks.equal("the renewed endpoints", renewed, 2);
  }

  private ExpirationTimeClients() {}
}
