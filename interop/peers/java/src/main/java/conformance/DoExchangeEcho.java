package conformance;

import java.util.List;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.Validator;

/** {@code do_exchange:echo}. */
final class DoExchangeEcho implements Scenario {
  private static final Schema SCHEMA =
      new Schema(List.of(Field.notNullable("x", new ArrowType.Int(32, true))));
  private static final int BATCHES = 4;
  private static final int ROWS = 10;

  @Override
  public FlightProducer producer(BufferAllocator allocator) {
    return new NoOpFlightProducer() {
      @Override
      public void doExchange(
          CallContext context, FlightStream reader, ServerStreamListener writer) {
        if (!reader.getDescriptor().isCommand()) {
          throw Checks.invalid("a descriptor by command is expected");
        }
        if (!Checks.isCommand(reader.getDescriptor(), "echo")) {
          throw Checks.unimplemented("the only exchange is echo");
        }
        echo(allocator, reader, writer);
      }
    };
  }

  private static void echo(
      BufferAllocator allocator, FlightStream reader, FlightProducer.ServerStreamListener writer) {
    try (var root = VectorSchemaRoot.create(reader.getSchema(), allocator)) {
      var loader = new VectorLoader(root);
      writer.start(root);
      while (reader.next()) {
        var metadata = reader.getLatestMetadata();
        if (metadata != null) {
          metadata.getReferenceManager().retain();
        }
        if (!reader.hasRoot()) {
          writer.putMetadata(metadata);
          continue;
        }
        try (var batch = new VectorUnloader(reader.getRoot()).getRecordBatch()) {
          loader.load(batch);
        }
        if (metadata == null) {
          writer.putNext();
        } else {
          writer.putNext(metadata);
        }
      }
      writer.completed();
    }
  }

  @Override
  public void client(BufferAllocator allocator, Location location) throws Exception {
    try (var client = FlightClient.builder(allocator, location).build();
        var exchange = client.doExchange(Checks.command("echo"));
        var root = VectorSchemaRoot.create(SCHEMA, allocator)) {
      var writer = exchange.getWriter();
      var reader = exchange.getReader();
      var vector = (IntVector) root.getVector(0);
      writer.start(root);
      for (int batch = 0; batch < BATCHES; ++batch) {
        for (int row = 0; row < ROWS; ++row) {
          vector.setSafe(row, batch + row);
        }
        root.setRowCount(ROWS);
        String metadata = batch % 2 == 0 ? Integer.toString(batch) : null;
        if (metadata == null) {
          writer.putNext();
        } else {
          writer.putNext(Checks.buffer(allocator, metadata));
        }
        Checks.that(reader.next(), "the exchange ended before its client");
        var found = reader.getLatestMetadata();
        Checks.equal("the metadata", found == null ? null : Checks.text(found), metadata);
        Validator.compareVectorSchemaRoot(reader.getRoot(), root);
      }
      writer.completed();
      Checks.that(!reader.next(), "there is more than was sent");
    }
  }
}
