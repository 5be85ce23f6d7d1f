package peer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.arrow.flight.BackpressureStrategy;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import sun.misc.Signal;

/** Serves the workloads from memory. */
final class Server extends NoOpFlightProducer {
  private final BufferAllocator allocator;
  private final Workload.Table workloads;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private Server(BufferAllocator allocator) {
    this.allocator = allocator;
    this.workloads = new Workload.Table(allocator);
  }

  /** Prints `listening on URI`, then serves until SIGTERM or SIGINT. */
  static void run(String uri) throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    Signal.handle(new Signal("TERM"), signal -> stopped.countDown());
    Signal.handle(new Signal("INT"), signal -> stopped.countDown());
    BufferAllocator allocator = new RootAllocator();
    Location location = location(uri);
    FlightServer server = FlightServer.builder(allocator, location, new Server(allocator)).build();
    server.start();
    String address = uri.substring(0, uri.lastIndexOf(':'));
    System.out.println("listening on " + address + ":" + server.getPort());
    System.out.flush();
    stopped.await();
  }

  static Location location(String uri) throws Main.Unsupported {
    if (uri.startsWith("grpc+unix:")) {
      throw new Main.Unsupported("Unix sockets are not supported");
    }
    int slashes = uri.indexOf("://");
    int colon = uri.lastIndexOf(':');
    String host = uri.substring(slashes + 3, colon);
    return Location.forGrpcInsecure(host, Integer.parseInt(uri.substring(colon + 1)));
  }

  @Override
  public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
    Schema schema = new Schema(List.of(Field.nullable("x", new ArrowType.Int(64, true))));
    Ticket ticket = new Ticket("one".getBytes(StandardCharsets.UTF_8));
    return new FlightInfo(schema, descriptor, List.of(new FlightEndpoint(ticket)), -1, -1);
  }

  /** The library calls `onReady` from the thread that this is called from, which must not wait. */
  @Override
  public void getStream(CallContext context, Ticket ticket, ServerStreamListener listener) {
    Workload workload = find(new String(ticket.getBytes(), StandardCharsets.UTF_8));
    BackpressureStrategy ready = new BackpressureStrategy.CallbackBackpressureStrategy();
    ready.register(listener);
    threads.submit(
        () -> {
          try {
            listener.start(workload.root(), workload.dictionaries());
            for (long i = 0; i < workload.batches(); i++) {
              if (ready.waitForListener(0) != BackpressureStrategy.WaitResult.READY) {
                return;
              }
              listener.putNext();
            }
            listener.completed();
          } catch (Throwable failure) {
            listener.error(failure);
          }
        });
  }

  @Override
  public Runnable acceptPut(
      CallContext context, FlightStream stream, StreamListener<PutResult> answers) {
    return () -> {
      long batches = 0;
      while (stream.next()) {
        batches++;
      }
      byte[] answer = Long.toString(batches).getBytes(StandardCharsets.UTF_8);
      try (ArrowBuf buffer = allocator.buffer(answer.length)) {
        buffer.writeBytes(answer);
        answers.onNext(PutResult.metadata(buffer));
      }
      answers.onCompleted();
    };
  }

  /** Dictionaries are there once the first batch is. */
  @Override
  public void doExchange(CallContext context, FlightStream reader, ServerStreamListener writer) {
    BackpressureStrategy ready = new BackpressureStrategy.CallbackBackpressureStrategy();
    ready.register(writer);
    find(reader.getDescriptor().getPath().get(0));
    boolean isStarted = false;
    while (reader.next()) {
      if (!isStarted) {
        writer.start(reader.getRoot(), reader.getDictionaryProvider());
        isStarted = true;
      }
      if (ready.waitForListener(0) != BackpressureStrategy.WaitResult.READY) {
        return;
      }
      writer.putNext();
    }
    writer.completed();
  }

  private Workload find(String name) {
    Workload workload;
    try {
      workload = workloads.find(name);
    } catch (IllegalArgumentException failure) {
      throw CallStatus.NOT_FOUND.withDescription(failure.getMessage()).toRuntimeException();
    }
    if (workload.isCompressed()) {
      String reason = "Flight in Java does not compress";
      throw CallStatus.UNIMPLEMENTED.withDescription(reason).toRuntimeException();
    }
    return workload;
  }
}
