package auth;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import org.apache.arrow.flight.Action;
import org.apache.arrow.flight.AsyncPutListener;
import org.apache.arrow.flight.CallOption;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;

/** A token that is good, and what those are told whose is not, in all calls. */
final class Tokens {
  private Tokens() {}

  /** A call with a token. */
  private interface Call {
    void make(CallOption token) throws Exception;
  }

  static void run(Main.Server server, String dataset, String good, String[] bad)
      throws Exception {
    try (var client = server.connect()) {
      for (var call : calls(server.allocator(), client, dataset).subList(0, 3)) {
        call.make(Main.bearer(good));
      }
      System.out.println("let in");
      var answers = new TreeSet<String>();
      for (var token : bad) {
        for (var name : List.of(dataset, "no/" + dataset)) {
          for (var call : calls(server.allocator(), client, name)) {
            answers.add(answer(call, token));
          }
        }
      }
      answers.forEach(System.out::println);
    }
  }

  private static String answer(Call call, String token) throws Exception {
    try {
      call.make(Main.bearer(token));
    } catch (FlightRuntimeException error) {
      var text = error.status().description().split(" \\(request id")[0];
      return error.status().code() + ": " + text;
    }
    throw new IllegalStateException("a call went well with " + token);
  }

  /** The first three go well where the dataset is there. */
  private static List<Call> calls(BufferAllocator allocator, FlightClient client, String dataset) {
    var path = FlightDescriptor.path(dataset);
    var bytes = dataset.getBytes(StandardCharsets.UTF_8);
    return List.of(
        token -> Main.list(client, token),
        token -> client.getInfo(path, token),
        token -> {
          try (var stream = client.getStream(new Ticket(bytes), token)) {
            while (stream.next()) {}
          }
        },
        token -> client.doAction(new Action("drop", bytes), token).forEachRemaining(result -> {}),
        token -> {
          try (var root = VectorSchemaRoot.create(new Schema(List.of()), allocator)) {
            var upload = client.startPut(path, root, new AsyncPutListener(), token);
            upload.completed();
            upload.getResult();
          }
        });
  }
}
