package conformance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.flight.Action;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightConstants;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.FlightServerMiddleware;
import org.apache.arrow.flight.GetSessionOptionsRequest;
import org.apache.arrow.flight.GetSessionOptionsResult;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.Result;
import org.apache.arrow.flight.ServerSessionMiddleware;
import org.apache.arrow.flight.SessionOptionValue;
import org.apache.arrow.flight.SessionOptionValueFactory;
import org.apache.arrow.flight.SetSessionOptionsRequest;
import org.apache.arrow.flight.SetSessionOptionsResult;
import org.apache.arrow.flight.SetSessionOptionsResult.ErrorValue;
import org.apache.arrow.flight.client.ClientCookieMiddleware;
import org.apache.arrow.memory.BufferAllocator;

/** {@code session_options}. */
final class SessionOptions implements Scenario {
  private static final FlightServerMiddleware.Key<ServerSessionMiddleware> KEY =
      FlightServerMiddleware.Key.of("session");
  private static final String[] LIST = {
    "a", "b", "sea", "dee", " ", "  ", "geee", "(づ｡◕‿‿◕｡)づ"
  };
  private static final SessionOptionValue INVALID = value("lol_invalid");

  @Override
  public void configure(FlightServer.Builder builder) {
    var count = new AtomicInteger();
    builder.middleware(
        KEY, new ServerSessionMiddleware.Factory(() -> "session-" + count.incrementAndGet()));
  }

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public void doAction(CallContext context, Action action, StreamListener<Result> listener) {
        var session = context.getMiddleware(KEY).getSession();
        ByteBuffer answer;
        if (action.getType().equals(FlightConstants.SET_SESSION_OPTIONS.getType())) {
          answer = new SetSessionOptionsResult(set(session, action.getBody())).serialize();
        } else if (action.getType().equals(FlightConstants.GET_SESSION_OPTIONS.getType())) {
          answer = new GetSessionOptionsResult(session.getSessionOptions()).serialize();
        } else {
          throw Checks.unimplemented("there is no action " + action.getType());
        }
        listener.onNext(new Result(Checks.bytes(answer)));
        listener.onCompleted();
      }
    };
  }

  private static Map<String, SetSessionOptionsResult.Error> set(
      ServerSessionMiddleware.Session session, byte[] body) {
    var errors = new HashMap<String, SetSessionOptionsResult.Error>();
    SetSessionOptionsRequest request;
    try {
      request = SetSessionOptionsRequest.deserialize(ByteBuffer.wrap(body));
    } catch (IOException failure) {
      throw Checks.invalid(failure.getMessage());
    }
    request
        .getSessionOptions()
        .forEach(
            (name, value) -> {
              if (name.equals("lol_invalid")) {
                errors.put(name, new SetSessionOptionsResult.Error(ErrorValue.INVALID_NAME));
              } else if (value.equals(INVALID)) {
                errors.put(name, new SetSessionOptionsResult.Error(ErrorValue.INVALID_VALUE));
              } else if (value.isEmpty()) {
                session.eraseSessionOption(name);
              } else {
                session.setSessionOption(name, value);
              }
            });
    return errors;
  }

  private static SessionOptionValue value(String text) {
    return SessionOptionValueFactory.makeSessionOptionValue(text);
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    var cookies = new ClientCookieMiddleware.Factory();
    try (var client = FlightClient.builder(allocator, location).intercept(cookies).build()) {
      Map<String, SessionOptionValue> good =
          Map.of(
              "foolong", SessionOptionValueFactory.makeSessionOptionValue(123L),
              "bardouble", SessionOptionValueFactory.makeSessionOptionValue(456.0),
              "big_ol_string_list", SessionOptionValueFactory.makeSessionOptionValue(LIST));
      var all = new HashMap<>(good);
      all.put("lol_invalid", value("this won't get set"));
      all.put("key_with_invalid_value", INVALID);
      var errors = client.setSessionOptions(new SetSessionOptionsRequest(all)).getErrors();
      Checks.equal(
          "the errors",
          errors,
          Map.of(
              "lol_invalid",
              new SetSessionOptionsResult.Error(ErrorValue.INVALID_NAME),
              "key_with_invalid_value",
              new SetSessionOptionsResult.Error(ErrorValue.INVALID_VALUE)));
      Checks.equal("the options", options(client), good);

      var text = value(String.join(",", LIST));
      Map<String, SessionOptionValue> update =
          Map.of(
              "foolong", SessionOptionValueFactory.makeEmptySessionOptionValue(),
              "big_ol_string_list", text);
      var result = client.setSessionOptions(new SetSessionOptionsRequest(update));
      Checks.that(!result.hasErrors(), "the errors are " + result.getErrors());
      Checks.equal(
          "the options",
          options(client),
          Map.of(
              "bardouble", good.get("bardouble"),
              "big_ol_string_list", text));
    }
  }

  private static Map<String, SessionOptionValue> options(FlightClient client) {
    return client.getSessionOptions(new GetSessionOptionsRequest()).getSessionOptions();
  }
}
