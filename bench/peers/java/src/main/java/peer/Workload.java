package peer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

/** A batch, and how often it is sent. */
record Workload(String name, long batches, VectorSchemaRoot root, DictionaryProvider dictionaries) {
  private record Row(long batches, Supplier<VectorSchemaRoot> root) {}

  /** The workloads of a process. A batch is built when it is first asked for. */
  static final class Table {
    private final Columns columns;
    private final Map<String, VectorSchemaRoot> built = new HashMap<>();
    private final Map<String, Row> rows;

    Table(BufferAllocator allocator) {
      columns = new Columns(allocator);
      rows =
          Map.ofEntries(
              Map.entry("large", new Row(512, () -> columns.integers(131072, 4))),
              Map.entry("medium", new Row(4096, () -> columns.integers(16384, 4))),
              Map.entry("small", new Row(32768, () -> columns.integers(1024, 4))),
              Map.entry("tiny", new Row(65536, () -> columns.integers(16, 4))),
              Map.entry("wide", new Row(128, () -> columns.integers(1024, 1000))),
              Map.entry("strings", new Row(128, () -> columns.strings(65536))),
              Map.entry("dictionary", new Row(256, () -> columns.dictionary(65536))),
              Map.entry("nested", new Row(256, () -> columns.nested(16384))),
              Map.entry("lz4", new Row(64, () -> columns.smallIntegers(131072))),
              Map.entry("zstd", new Row(64, () -> columns.smallIntegers(131072))),
              Map.entry("one", new Row(1, columns::one)));
    }

    /** `NAME` or `NAME:BATCHES`. */
    synchronized Workload find(String text) {
      String[] parts = text.split(":", 2);
      Row row = rows.get(parts[0]);
      if (row == null) {
        throw new IllegalArgumentException("no workload \"" + parts[0] + "\"");
      }
      long batches = parts.length == 1 ? row.batches : Long.parseUnsignedLong(parts[1]);
      VectorSchemaRoot root = built.computeIfAbsent(parts[0], name -> row.root.get());
      return new Workload(parts[0], batches, root, columns.dictionaries());
    }
  }

  /** The ticket or the path. */
  String text() {
    return name + ":" + batches;
  }

  /** Whether the sender is to compress, which Flight in Java cannot. */
  boolean isCompressed() {
    return name.equals("lz4") || name.equals("zstd");
  }

  /** Bytes of values and offsets of one batch, before compression. */
  long batchBytes() {
    return root.getFieldVectors().stream().mapToLong(Workload::vectorBytes).sum();
  }

  private static long vectorBytes(FieldVector vector) {
    long rows = vector.getValueCount();
    if (vector instanceof BigIntVector) {
      return 8 * rows;
    } else if (vector instanceof VarCharVector strings) {
      return 4 * (rows + 1) + strings.getOffsetBuffer().getInt(4 * rows);
    } else if (vector instanceof BaseIntVector) {
      return 4 * rows;
    } else if (vector instanceof ListVector lists) {
      return 4 * (rows + 1) + vectorBytes(lists.getDataVector());
    } else if (vector instanceof StructVector structs) {
      List<FieldVector> children = structs.getChildrenFromFields();
      return children.stream().mapToLong(Workload::vectorBytes).sum();
    }
    throw new IllegalStateException(vector.getField().toString());
  }
}
