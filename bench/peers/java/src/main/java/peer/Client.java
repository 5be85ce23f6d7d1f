package peer;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightClient.ClientStreamListener;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.SyncPutListener;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;

/** Moves a workload to or from a server. */
final class Client {
  private final FlightClient client;
  private final Workload workload;

  private Client(FlightClient client, Workload workload) {
    this.client = client;
    this.workload = workload;
  }

  /** What one call has moved. */
  private record Moved(long batches, long firstBatchNanos) {}

  private interface Call {
    Moved run() throws Exception;
  }

  /** Prints a line for each run. */
  static void run(String uri, String method, String name, int runs) throws Exception {
    RootAllocator allocator = new RootAllocator();
    Workload workload = new Workload.Table(allocator).find(name);
    if (workload.isCompressed() && !method.equals("get")) {
      throw new Main.Unsupported("Flight in Java does not compress");
    }
    Client client = new Client(connect(allocator, uri), workload);
    Call call =
        switch (method) {
          case "get" -> client::get;
          case "put" -> client::put;
          case "exchange" -> client::exchange;
          default -> throw new Main.Unsupported("no method \"" + method + "\"");
        };
    for (int i = 0; i < runs; i++) {
      client.once(call);
    }
  }

  /** A client whose connection has carried one GetFlightInfo. */
  static FlightClient connect(RootAllocator allocator, String uri) throws Exception {
    FlightClient client =
        FlightClient.builder(allocator, Server.location(uri))
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .build();
    client.getInfo(FlightDescriptor.path("x"));
    return client;
  }

  private void once(Call call) throws Exception {
    long cpu = cpuNanos();
    long start = System.nanoTime();
    Moved moved = call.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    double used = (cpuNanos() - cpu) / 1e9;
    long bytes = moved.batches * workload.batchBytes();
    String first = "";
    if (moved.firstBatchNanos != 0) {
      double millis = (moved.firstBatchNanos - start) / 1e6;
      first = String.format(Locale.ROOT, " first_batch_ms=%.3f", millis);
    }
    System.out.printf(
        Locale.ROOT,
        "bytes=%d batches=%d seconds=%.6f GB/s=%.3f batches/s=%.1f%s cpu_seconds=%.3f%n",
        bytes,
        moved.batches,
        seconds,
        bytes / 1e9 / seconds,
        moved.batches / seconds,
        first,
        used);
    System.out.flush();
  }

  private static long cpuNanos() {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime();
  }

  private Moved get() throws Exception {
    Ticket ticket = new Ticket(workload.text().getBytes(StandardCharsets.UTF_8));
    try (FlightStream stream = client.getStream(ticket)) {
      return read(stream);
    }
  }

  private Moved put() throws Exception {
    SyncPutListener answers = new SyncPutListener();
    FlightDescriptor descriptor = FlightDescriptor.path(workload.text());
    ClientStreamListener writer =
        client.startPut(descriptor, workload.root(), workload.dictionaries(), answers);
    write(writer);
    String answer = null;
    PutResult result;
    while ((result = answers.read()) != null) {
      ArrowBuf metadata = result.getApplicationMetadata();
      byte[] bytes = new byte[Math.toIntExact(metadata.readableBytes())];
      metadata.getBytes(metadata.readerIndex(), bytes);
      answer = new String(bytes, StandardCharsets.UTF_8);
      result.close();
    }
    writer.getResult();
    if (!Long.toString(workload.batches()).equals(answer)) {
      throw new IllegalStateException(
          "the server answers " + answer + ", expected " + workload.batches() + " batches");
    }
    return new Moved(workload.batches(), 0);
  }

  /** Writes in a thread of its own, and reads in this one. */
  private Moved exchange() throws Exception {
    FlightDescriptor descriptor = FlightDescriptor.path(workload.text());
    try (FlightClient.ExchangeReaderWriter call = client.doExchange(descriptor)) {
      ClientStreamListener writer = call.getWriter();
      CompletableFuture<Void> writing =
          CompletableFuture.runAsync(
              () -> {
                writer.start(workload.root(), workload.dictionaries());
                write(writer);
              },
              task -> new Thread(task).start());
      Moved moved = read(call.getReader());
      writing.get();
      // Both directions.
      return new Moved(2 * moved.batches, 0);
    }
  }

  /** `putNext` waits until the connection takes more. */
  private void write(ClientStreamListener writer) {
    for (long i = 0; i < workload.batches(); i++) {
      writer.putNext();
    }
    writer.completed();
  }

  /** Reads to the end, values untouched. */
  private Moved read(FlightStream stream) {
    long batches = 0;
    long rows = 0;
    long first = 0;
    while (stream.next()) {
      if (first == 0) {
        first = System.nanoTime();
      }
      batches++;
      rows += stream.getRoot().getRowCount();
    }
    long expectedRows = workload.batches() * workload.root().getRowCount();
    if (batches != workload.batches() || rows != expectedRows) {
      throw new IllegalStateException(
          String.format(
              "%d batches of %d rows came, expected %d of %d",
              batches, rows, workload.batches(), expectedRows));
    }
    return new Moved(batches, first);
  }
}
