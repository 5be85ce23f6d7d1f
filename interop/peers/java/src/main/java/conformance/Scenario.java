package conformance;

import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.memory.BufferAllocator;

/** A server to make and a client to run. */
interface Scenario {
  /** The scenario of that name. */
  static Scenario find(String name) {
    return switch (name) {
      case "auth:basic_proto" -> new AuthBasicProto();
      case "middleware" -> new Middleware();
      case "ordered" -> new Ordered();
      case "expiration_time:do_get" -> new ExpirationTime(ExpirationTimeClients::doGet);
      case "expiration_time:list_actions" -> new ExpirationTime(ExpirationTimeClients::listActions);
      case "expiration_time:cancel_flight_info" ->
          new ExpirationTime(ExpirationTimeClients::cancelFlightInfo);
      case "expiration_time:renew_flight_endpoint" ->
          new ExpirationTime(ExpirationTimeClients::renewFlightEndpoint);
      case "do_exchange:echo" -> new DoExchangeEcho();
      case "location:reuse_connection" -> new LocationReuseConnection();
      case "session_options" -> new SessionOptions();
      case "poll_flight_info" -> new PollFlightInfo();
      case "app_metadata_flight_info_endpoint" -> new AppMetadata();
      default -> throw new IllegalArgumentException("there is no scenario " + name);
    };
  }

  FlightProducer producer(BufferAllocator allocator);

  /** What the server has beside its producer. */
  default void configure(FlightServer.Builder builder) {}

  /** The server is up. */
  default void listening(int port) {}

  /** Throws unless the server answers as it has to. */
  void client(BufferAllocator allocator, Location location) throws Exception;
}
