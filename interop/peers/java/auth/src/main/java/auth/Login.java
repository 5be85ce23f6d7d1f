package auth;

import java.util.Map;
import org.apache.arrow.flight.CallOption;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStatusCode;
import org.apache.arrow.flight.GetSessionOptionsRequest;
import org.apache.arrow.flight.SessionOptionValueFactory;
import org.apache.arrow.flight.SetSessionOptionsRequest;
import org.apache.arrow.flight.client.ClientCookieMiddleware;

/** A password, the token for it, a session by cookie, and another's token. */
final class Login {
  private Login() {}

  static void run(Main.Server server, String user, String password, String other)
      throws Exception {
    var bearer = Main.bearer(other);
    // It keeps cookies, so it has a session.
    try (var client = server.connect(new ClientCookieMiddleware.Factory());
        var plain = server.connect()) {
      refused("without credentials", () -> Main.list(client));
      refused("a wrong password", () -> client.authenticateBasicToken(user, password + "x"));
      System.out.println("strangers refused");

      CallOption token = client.authenticateBasicToken(user, password).orElseThrow();
      Main.list(client, token);
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
      Main.list(plain, bearer);
      System.out.println("bearer");
    }
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
