package conformance;

import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.memory.RootAllocator;

/** Our scenarios on Arrow Java, with the contract of Arrow's harness. */
public final class Main {
  private static final String USAGE =
      """
      usage: Main server --port=N [--scenario=NAME]
             Main client --host=HOST --port=N (--scenario=NAME | --path=FILE)
      """;

  public static void main(String[] words) {
    int code = 0;
    try {
      run(words);
    } catch (Throwable failure) {
      failure.printStackTrace();
      System.err.println(failure);
      code = 1;
    }
    System.out.flush();
    // Without waiting for threads of the library.
    Runtime.getRuntime().halt(code);
  }

  private static void run(String[] words) throws Exception {
    Map<String, String> args = new HashMap<>();
    for (String word : words) {
      String[] parts = word.split("=", 2);
      if (parts.length == 2 && parts[0].startsWith("--")) {
        args.put(parts[0].substring(2), parts[1]);
      }
    }
    if (words.length == 0) {
      throw new IllegalArgumentException(USAGE);
    }
    int port = Integer.parseInt(args.getOrDefault("port", "0"));
    String name = args.get("scenario");
    Scenario scenario = name == null ? new DataFiles(args.get("path")) : Scenario.find(name);
    switch (words[0]) {
      case "server" -> serve(scenario, port);
      case "client" -> {
        String host = args.getOrDefault("host", "localhost");
        try (var allocator = new RootAllocator()) {
          scenario.client(allocator, Location.forGrpcInsecure(host, port));
        }
      }
      default -> throw new IllegalArgumentException(USAGE);
    }
  }

  private static void serve(Scenario scenario, int port) throws Exception {
    var allocator = new RootAllocator();
    var location = Location.forGrpcInsecure("127.0.0.1", port);
    var builder = FlightServer.builder(allocator, location, scenario.producer(allocator));
    scenario.configure(builder);
    try (FlightServer server = builder.build().start()) {
      scenario.listening(server.getPort());
      System.out.println("Server listening on localhost:" + server.getPort());
      System.out.flush();
      server.awaitTermination();
    }
  }

  private Main() {}
}
