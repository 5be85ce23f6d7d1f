package conformance;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.SyncPutListener;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.JsonFileReader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.Validator;

/** The data files, which have no name in the harness. */
final class DataFiles implements Scenario {
  private final String path;
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
  private volatile Location location;

  /** What was put under a path. */
  private record Upload(
      Schema schema, DictionaryProvider dictionaries, List<ArrowRecordBatch> batches) {}

  DataFiles(String path) {
    this.path = path;
  }

  @Override
  public void listening(int port) {
    location = Location.forGrpcInsecure("127.0.0.1", port);
  }

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
        String key = key(descriptor);
        Upload upload = find(key);
        long rows = upload.batches.stream().mapToLong(ArrowRecordBatch::getLength).sum();
        var endpoint = new FlightEndpoint(Checks.ticket(key), location);
        // A schema whose dictionaries are not here cannot be written.
        var schema = new Schema(List.of());
        return new FlightInfo(schema, descriptor, List.of(endpoint), -1, rows);
      }

      @Override
      public Runnable acceptPut(
          CallContext context, FlightStream stream, StreamListener<PutResult> answers) {
        return () -> {
          String key = key(stream.getDescriptor());
          var unloader = new VectorUnloader(stream.getRoot());
          var batches = new ArrayList<ArrowRecordBatch>();
          while (stream.next()) {
            batches.add(unloader.getRecordBatch());
            if (stream.getLatestMetadata() != null) {
              answers.onNext(PutResult.metadata(stream.getLatestMetadata()));
            }
          }
          var dictionaries = stream.takeDictionaryOwnership();
          uploads.put(key, new Upload(stream.getSchema(), dictionaries, batches));
          answers.onCompleted();
        };
      }

      @Override
      public void getStream(CallContext context, Ticket ticket, ServerStreamListener listener) {
        Upload upload = find(Checks.text(ticket.getBytes()));
        try (var root = VectorSchemaRoot.create(upload.schema, allocator)) {
          listener.start(root, upload.dictionaries);
          var loader = new VectorLoader(root);
          for (int at = 0; at < upload.batches.size(); ++at) {
            loader.load(upload.batches.get(at));
            listener.putNext(Checks.buffer(allocator, Integer.toString(at)));
          }
          listener.completed();
        }
      }
    };
  }

  private static String key(FlightDescriptor descriptor) {
    if (descriptor.isCommand() || descriptor.getPath().isEmpty()) {
      throw Checks.invalid("a descriptor by path is expected");
    }
    return descriptor.getPath().get(0);
  }

  private Upload find(String key) {
    Upload upload = uploads.get(key);
    if (upload == null) {
      throw Checks.notFound("there is no flight " + key);
    }
    return upload;
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    var descriptor = FlightDescriptor.path(path);
    try (var client = FlightClient.builder(allocator, location).build()) {
      put(allocator, client, descriptor);
      FlightInfo info = client.getInfo(descriptor);
      Checks.that(!info.getEndpoints().isEmpty(), "the flight has no endpoints");
      for (FlightEndpoint endpoint : info.getEndpoints()) {
        Checks.that(!endpoint.getLocations().isEmpty(), "an endpoint has no locations");
        for (Location at : endpoint.getLocations()) {
          try (var there = FlightClient.builder(allocator, at).build();
              var stream = there.getStream(endpoint.getTicket())) {
            compare(allocator, stream);
          }
        }
      }
    }
  }

  private void put(BufferAllocator allocator, FlightClient client, FlightDescriptor descriptor)
      throws Exception {
    try (var reader = new JsonFileReader(new File(path), allocator);
        var root = VectorSchemaRoot.create(reader.start(), allocator);
        var answers = new SyncPutListener()) {
      var writer = client.startPut(descriptor, root, reader, answers);
      for (int at = 0; reader.read(root); ++at) {
        writer.putNext(Checks.buffer(allocator, Integer.toString(at)));
        try (PutResult answer = answers.read()) {
          Checks.that(answer != null, "the upload was ended early");
          String found = Checks.text(answer.getApplicationMetadata());
          Checks.equal("the answer to a batch", found, Integer.toString(at));
        }
        root.clear();
      }
      writer.completed();
      answers.getResult();
    }
  }

  private void compare(BufferAllocator allocator, FlightStream stream) throws Exception {
    try (var reader = new JsonFileReader(new File(path), allocator)) {
      Schema schema = reader.start();
      Validator.compareSchemas(stream.getSchema(), schema);
      try (var expected = VectorSchemaRoot.create(schema, allocator)) {
        for (int at = 0; reader.read(expected); ++at) {
          Checks.that(stream.next(), "there are too few batches");
          String found = Checks.text(stream.getLatestMetadata());
          Checks.equal("the metadata", found, Integer.toString(at));
          Validator.compareVectorSchemaRoot(expected, stream.getRoot());
          compareDictionaries(reader, stream.getDictionaryProvider());
          expected.clear();
        }
        Checks.that(!stream.next(), "there are too many batches");
      }
    }
  }

  private static void compareDictionaries(JsonFileReader expected, DictionaryProvider found) {
    Checks.equal("the dictionaries", found.getDictionaryIds(), expected.getDictionaryIds());
    for (long id : expected.getDictionaryIds()) {
      Validator.compareFieldVectors(expected.lookup(id).getVector(), found.lookup(id).getVector());
    }
  }
}
