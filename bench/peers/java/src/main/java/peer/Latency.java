package peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.RootAllocator;

/** Times small calls, one after another on one connection. */
final class Latency {
  private interface Call {
    void run() throws Exception;
  }

  /** Prints the median and the 99th percentile of GetFlightInfo, and of a DoGet of one row. */
  static void run(String uri, int calls) throws Exception {
    FlightClient client = Client.connect(new RootAllocator(), uri);
    FlightDescriptor descriptor = FlightDescriptor.path("x");
    measure("get_flight_info", calls, () -> client.getInfo(descriptor));
    Ticket ticket = new Ticket("one".getBytes(StandardCharsets.UTF_8));
    measure("do_get", calls, () -> readOne(client, ticket));
  }

  private static void readOne(FlightClient client, Ticket ticket) throws Exception {
    try (FlightStream stream = client.getStream(ticket)) {
      long rows = 0;
      while (stream.next()) {
        rows += stream.getRoot().getRowCount();
      }
      if (rows != 1) {
        throw new IllegalStateException(rows + " rows came, expected 1");
      }
    }
  }

  private static void measure(String name, int calls, Call call) throws Exception {
    for (int i = 0; i < Math.min(calls, 100); i++) {
      call.run();
    }
    double[] micros = new double[calls];
    for (int i = 0; i < calls; i++) {
      long start = System.nanoTime();
      call.run();
      micros[i] = (System.nanoTime() - start) / 1e3;
    }
    Arrays.sort(micros);
    System.out.printf(
        Locale.ROOT,
        "%s calls=%d p50_us=%.1f p99_us=%.1f%n",
        name,
        calls,
        micros[(int) ((calls - 1) * 50L / 100)],
        micros[(int) ((calls - 1) * 99L / 100)]);
    System.out.flush();
  }

  private Latency() {}
}
