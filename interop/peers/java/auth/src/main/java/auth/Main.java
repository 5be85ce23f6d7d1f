package auth;

import java.util.Map;
import org.apache.arrow.flight.CallHeaders;
import org.apache.arrow.flight.CallOption;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightCallHeaders;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStatusCode;
import org.apache.arrow.flight.GetSessionOptionsRequest;
import org.apache.arrow.flight.HeaderCallOption;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.SessionOptionValueFactory;
import org.apache.arrow.flight.SetSessionOptionsRequest;
import org.apache.arrow.flight.client.ClientCookieMiddleware;
import org.apache.arrow.memory.RootAllocator;

/**
 * Arrow Java as the client of a server that lets in only whom it knows. Each step prints a line;
 * the first one that goes wrong ends the program.
 *
 * <pre>auth HOST PORT USER PASSWORD TOKEN_OF_ANOTHER</pre>
 */
final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    var location = Location.forGrpcInsecure(args[0], Integer.parseInt(args[1]));
    var user = args[2];
    var password = args[3];
    var bearer = bearer(args[4]);
    // It keeps cookies, so it has a session.
    var cookies = new ClientCookieMiddleware.Factory();
    try (var allocator = new RootAllocator();
        var client = FlightClient.builder(allocator, location).intercept(cookies).build();
        var plain = FlightClient.builder(allocator, location).build()) {
      refused("without credentials", () -> list(client));
      refused("a wrong password", () -> client.authenticateBasicToken(user, password + "x"));
      System.out.println("strangers refused");

      CallOption token = client.authenticateBasicToken(user, password).orElseThrow();
      list(client, token);
      System.out.println("basic token");

      var size = Map.of("size", SessionOptionValueFactory.makeSessionOptionValue("tall"));
      client.setSessionOptions(new SetSessionOptionsRequest(size), token);
      var options = client.getSessionOptions(new GetSessionOptionsRequest(), token);
      if (!options.getSessionOptions().equals(size)) {
        throw new IllegalStateException("the options are " + options.getSessionOptions());
      }
      System.out.println("cookie");

      // The cookie goes with another caller's token.
      refused(
          "another's session",
          () -> client.getSessionOptions(new GetSessionOptionsRequest(), bearer));
      list(plain, bearer);
      System.out.println("bearer");
    }
  }

  private static CallOption bearer(String token) {
    CallHeaders headers = new FlightCallHeaders();
    headers.insert("authorization", "Bearer " + token);
    return new HeaderCallOption(headers);
  }

  private static void list(FlightClient client, CallOption... options) {
    client.listFlights(Criteria.ALL, options).forEach(info -> {});
  }

  private static void refused(String what, Runnable call) {
    try {
      call.run();
    } catch (FlightRuntimeException error) {
      if (error.status().code() == FlightStatusCode.UNAUTHENTICATED) {
        return;
      }
      throw new IllegalStateException(what + ": expected UNAUTHENTICATED", error);
    }
    throw new IllegalStateException(what + ": expected UNAUTHENTICATED, it went well");
  }
}
