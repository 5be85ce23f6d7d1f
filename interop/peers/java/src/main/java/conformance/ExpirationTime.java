package conformance;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flight.Action;
import org.apache.arrow.flight.ActionType;
import org.apache.arrow.flight.CancelFlightInfoRequest;
import org.apache.arrow.flight.CancelFlightInfoResult;
import org.apache.arrow.flight.CancelStatus;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightConstants;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.RenewFlightEndpointRequest;
import org.apache.arrow.flight.Result;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** {@code expiration_time}: the server of its four scenarios. */
final class ExpirationTime implements Scenario {
  private static final Schema SCHEMA =
      new Schema(List.of(Field.notNullable("number", new ArrowType.Int(32, false))));

  /** One of the four clients. */
  interface Client {
    void run(FlightClient client) throws Exception;
  }

  private final Client client;

  ExpirationTime(Client client) {
    this.client = client;
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    try (var connected = FlightClient.builder(allocator, location).build()) {
      client.run(connected);
    }
  }

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new Producer(allocator);
  }

  /** What has become of an endpoint. */
  private static final class State {
    private Instant expires;
    private boolean read;
    private boolean cancelled;

    private State(Instant expires) {
      this.expires = expires;
    }
  }

  private static final class Producer extends NoOpFlightProducer {
    private final BufferAllocator allocator;
    private final List<State> states = new ArrayList<>();

    private Producer(BufferAllocator allocator) {
      this.allocator = allocator;
    }

    @Override
    public synchronized FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
      states.clear();
      var now = Instant.now();
      var endpoints =
          List.of(
              endpoint("0: No expiration time", null),
              endpoint("1: 5 seconds", now.plusSeconds(5)),
              endpoint("2: 6 seconds", now.plusSeconds(6)));
      return new FlightInfo(SCHEMA, descriptor, endpoints, -1, -1);
    }

    private FlightEndpoint endpoint(String ticket, Instant expires) {
      states.add(new State(expires));
      return new FlightEndpoint(Checks.ticket(ticket), expires);
    }

    @Override
    public synchronized void getStream(
        CallContext context, Ticket ticket, ServerStreamListener listener) {
      int index = index(ticket);
      State state = states.get(index);
      if (state.cancelled) {
        throw Checks.notFound("the flight was cancelled");
      }
      if (state.expires != null && Instant.now().isAfter(state.expires)) {
        throw Checks.notFound("the endpoint has expired");
      }
      if (state.expires == null && state.read) {
        throw Checks.notFound("the endpoint can be read once only");
      }
      state.read = true;
      try (var root = VectorSchemaRoot.create(SCHEMA, allocator)) {
        ((UInt4Vector) root.getVector(0)).setSafe(0, index);
        root.setRowCount(1);
        listener.start(root);
        listener.putNext();
        listener.completed();
      }
    }

    @Override
    public void listActions(CallContext context, StreamListener<ActionType> listener) {
      listener.onNext(FlightConstants.CANCEL_FLIGHT_INFO);
      listener.onNext(FlightConstants.RENEW_FLIGHT_ENDPOINT);
      listener.onCompleted();
    }

    @Override
    public synchronized void doAction(
        CallContext context, Action action, StreamListener<Result> listener) {
      var body = ByteBuffer.wrap(action.getBody());
      ByteBuffer answer;
      try {
        if (action.getType().equals(FlightConstants.CANCEL_FLIGHT_INFO.getType())) {
          answer = cancel(CancelFlightInfoRequest.deserialize(body).getInfo()).serialize();
        } else if (action.getType().equals(FlightConstants.RENEW_FLIGHT_ENDPOINT.getType())) {
          var endpoint = RenewFlightEndpointRequest.deserialize(body).getFlightEndpoint();
          answer = renew(endpoint).serialize();
        } else {
          throw Checks.unimplemented("there is no action " + action.getType());
        }
      } catch (java.io.IOException | java.net.URISyntaxException failure) {
        throw Checks.invalid(failure.getMessage());
      }
      listener.onNext(new Result(Checks.bytes(answer)));
      listener.onCompleted();
    }

    private CancelFlightInfoResult cancel(FlightInfo info) {
      var status = CancelStatus.CANCELLED;
      for (FlightEndpoint endpoint : info.getEndpoints()) {
        State state = states.get(index(endpoint.getTicket()));
        status = state.cancelled ? CancelStatus.NOT_CANCELLABLE : status;
        state.cancelled = true;
      }
      return new CancelFlightInfoResult(status);
    }

    private FlightEndpoint renew(FlightEndpoint endpoint) {
      State state = states.get(index(endpoint.getTicket()));
      if (state.cancelled) {
        throw Checks.invalid("the flight was cancelled");
      }
      state.expires = Instant.now().plusSeconds(10);
      String ticket = Checks.text(endpoint.getTicket().getBytes()) + ": renewed (+ 10 seconds)";
      return new FlightEndpoint(Checks.ticket(ticket), state.expires);
    }

    private int index(Ticket ticket) {
      int index = Integer.parseInt(Checks.text(ticket.getBytes()).split(":")[0]);
      if (index >= states.size()) {
        throw Checks.notFound("there is no such endpoint");
      }
      return index;
    }
  }
}
