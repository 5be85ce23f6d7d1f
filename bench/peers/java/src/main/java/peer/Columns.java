package peer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/** Builds what the batches hold. The values follow from row and column alone. */
final class Columns {
  private static final ArrowType INT32 = new ArrowType.Int(32, true);
  private static final ArrowType INT64 = new ArrowType.Int(64, true);

  private final BufferAllocator allocator;
  private final DictionaryProvider.MapDictionaryProvider dictionaries =
      new DictionaryProvider.MapDictionaryProvider();

  Columns(BufferAllocator allocator) {
    this.allocator = allocator;
  }

  DictionaryProvider dictionaries() {
    return dictionaries;
  }

  VectorSchemaRoot integers(int rows, int columns) {
    return numbered(columns, rows, c -> int64("c" + c, rows, r -> r * 31L + c));
  }

  /** Values that compress. */
  VectorSchemaRoot smallIntegers(int rows) {
    return numbered(
        4, rows, c -> int64("c" + c, rows, r -> (splitMix(r * 31L + c) >>> 32) % 1000));
  }

  /** The first number of SplitMix64 from this seed. */
  private static long splitMix(long seed) {
    long z = seed + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  VectorSchemaRoot strings(int rows) {
    return numbered(4, rows, c -> utf8("s" + c, rows, r -> letters(r, c)));
  }

  private static String letters(int row, int column) {
    StringBuilder letters = new StringBuilder();
    int length = 8 + (row * 7 + column * 13) % 48;
    for (int i = 0; i < length; i++) {
      letters.append((char) ('a' + (row + column + i) % 26));
    }
    return letters.toString();
  }

  VectorSchemaRoot dictionary(int rows) {
    DictionaryEncoding encoding = new DictionaryEncoding(1, false, (ArrowType.Int) INT32);
    VarCharVector values = utf8("values", 1000, i -> String.format("value-%06d", i));
    dictionaries.put(new Dictionary(values, encoding));
    FieldType type = new FieldType(true, INT32, encoding);
    return numbered(
        4,
        rows,
        c -> {
          IntVector keys = new IntVector("d" + c, type, allocator);
          keys.allocateNew(rows);
          for (int r = 0; r < rows; r++) {
            keys.set(r, (r * 31 + c) % 1000);
          }
          keys.setValueCount(rows);
          return keys;
        });
  }

  VectorSchemaRoot nested(int rows) {
    List<Field> items = List.of(Field.nullable("item", INT64));
    Field list = new Field("l", FieldType.nullable(ArrowType.List.INSTANCE), items);
    List<FieldVector> vectors = List.of(lists(list, rows), structs(rows));
    return new VectorSchemaRoot(vectors.stream().map(FieldVector::getField).toList(), vectors, rows);
  }

  private ListVector lists(Field field, int rows) {
    ListVector lists = (ListVector) field.createVector(allocator);
    lists.allocateNew();
    BigIntVector items = (BigIntVector) lists.getDataVector();
    for (int r = 0; r < rows; r++) {
      if (r % 10 == 9) {
        lists.setNull(r);
        continue;
      }
      int start = lists.startNewValue(r);
      for (int i = 0; i < r % 8; i++) {
        items.setSafe(start + i, r + i);
      }
      lists.endValue(r, r % 8);
    }
    lists.setValueCount(rows);
    return lists;
  }

  /** Null structs still hold their children's values. */
  private StructVector structs(int rows) {
    StructVector structs = StructVector.empty("s", allocator);
    FieldType text = FieldType.nullable(ArrowType.Utf8.INSTANCE);
    BigIntVector a = structs.addOrGet("a", FieldType.nullable(INT64), BigIntVector.class);
    VarCharVector b = structs.addOrGet("b", text, VarCharVector.class);
    for (int r = 0; r < rows; r++) {
      a.setSafe(r, r);
      b.setSafe(r, Integer.toString(r).getBytes(StandardCharsets.UTF_8));
      if (r % 7 == 6) {
        structs.setNull(r);
      } else {
        structs.setIndexDefined(r);
      }
    }
    structs.setValueCount(rows);
    return structs;
  }

  VectorSchemaRoot one() {
    return VectorSchemaRoot.of(int64("x", 1, r -> 1));
  }

  private BigIntVector int64(String name, int rows, IntToLongFunction value) {
    BigIntVector vector = new BigIntVector(name, FieldType.nullable(INT64), allocator);
    vector.allocateNew(rows);
    for (int r = 0; r < rows; r++) {
      vector.set(r, value.applyAsLong(r));
    }
    vector.setValueCount(rows);
    return vector;
  }

  private VarCharVector utf8(String name, int rows, IntFunction<String> value) {
    VarCharVector vector = new VarCharVector(name, allocator);
    vector.allocateNew(rows);
    for (int r = 0; r < rows; r++) {
      vector.setSafe(r, value.apply(r).getBytes(StandardCharsets.UTF_8));
    }
    vector.setValueCount(rows);
    return vector;
  }

  private VectorSchemaRoot numbered(
      int columns, int rows, IntFunction<FieldVector> column) {
    List<FieldVector> vectors = new ArrayList<>();
    for (int c = 0; c < columns; c++) {
      vectors.add(column.apply(c));
    }
    return new VectorSchemaRoot(vectors.stream().map(FieldVector::getField).toList(), vectors, rows);
  }
}
