#include "workload.h"

#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/util/compression.h>

using arrow::Array;
using arrow::ArrayVector;
using arrow::RecordBatch;
using arrow::Result;
using arrow::Status;

namespace {

using Batch = Result<std::shared_ptr<RecordBatch>>;
using Column = Result<std::shared_ptr<Array>>;

Batch MakeBatch(const std::string& prefix, int columns, const std::function<Column(int)>& column) {
  arrow::FieldVector fields;
  ArrayVector arrays;
  for (int c = 0; c < columns; ++c) {
    ARROW_ASSIGN_OR_RAISE(auto array, column(c));
    fields.push_back(arrow::field(prefix + std::to_string(c), array->type()));
    arrays.push_back(std::move(array));
  }
  return RecordBatch::Make(arrow::schema(fields), arrays[0]->length(), arrays);
}

Column Int64s(int64_t rows, const std::function<int64_t(int64_t)>& value) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(rows));
  for (int64_t r = 0; r < rows; ++r) builder.UnsafeAppend(value(r));
  return builder.Finish();
}

Batch Integers(int64_t rows, int columns) {
  return MakeBatch("c", columns, [rows](int c) {
    return Int64s(rows, [c](int64_t r) { return r * 31 + c; });
  });
}

// The first number of SplitMix64 from this seed.
uint64_t SplitMix(uint64_t seed) {
  uint64_t z = seed + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// Values that compress.
Batch SmallIntegers(int64_t rows) {
  return MakeBatch("c", 4, [rows](int c) {
    return Int64s(rows, [c](int64_t r) {
      const auto number = static_cast<uint64_t>(r * 31 + c);
      return static_cast<int64_t>((SplitMix(number) >> 32) % 1000);
    });
  });
}

Batch Strings() {
  return MakeBatch("s", 4, [](int c) -> Column {
    arrow::StringBuilder builder;
    std::string text;
    for (int64_t r = 0; r < 65536; ++r) {
      text.resize(8 + (r * 7 + c * 13) % 48);
      for (size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<char>('a' + (r + c + static_cast<int64_t>(i)) % 26);
      }
      ARROW_RETURN_NOT_OK(builder.Append(text));
    }
    return builder.Finish();
  });
}

Batch Dictionaries() {
  arrow::StringBuilder values;
  for (int i = 0; i < 1000; ++i) {
    char text[16];
    std::snprintf(text, sizeof text, "value-%06d", i);
    ARROW_RETURN_NOT_OK(values.Append(text));
  }
  ARROW_ASSIGN_OR_RAISE(auto dictionary, values.Finish());
  return MakeBatch("d", 4, [&dictionary](int c) -> Column {
    arrow::Int32Builder keys;
    for (int r = 0; r < 65536; ++r) ARROW_RETURN_NOT_OK(keys.Append((r * 31 + c) % 1000));
    ARROW_ASSIGN_OR_RAISE(auto indices, keys.Finish());
    return arrow::DictionaryArray::FromArrays(indices, dictionary);
  });
}

Column NestedList(int64_t rows) {
  auto values = std::make_shared<arrow::Int64Builder>();
  arrow::ListBuilder builder(arrow::default_memory_pool(), values);
  for (int64_t r = 0; r < rows; ++r) {
    if (r % 10 == 9) {
      ARROW_RETURN_NOT_OK(builder.AppendNull());
      continue;
    }
    ARROW_RETURN_NOT_OK(builder.Append());
    for (int64_t i = 0; i < r % 8; ++i) ARROW_RETURN_NOT_OK(values->Append(r + i));
  }
  return builder.Finish();
}

// Null structs still hold their children's values.
Column NestedStruct(int64_t rows) {
  ARROW_ASSIGN_OR_RAISE(auto a, Int64s(rows, [](int64_t r) { return r; }));
  arrow::StringBuilder builder;
  for (int64_t r = 0; r < rows; ++r) ARROW_RETURN_NOT_OK(builder.Append(std::to_string(r)));
  ARROW_ASSIGN_OR_RAISE(auto b, builder.Finish());
  arrow::TypedBufferBuilder<bool> valid;
  for (int64_t r = 0; r < rows; ++r) ARROW_RETURN_NOT_OK(valid.Append(r % 7 != 6));
  ARROW_ASSIGN_OR_RAISE(auto validity, valid.Finish());
  const std::vector<std::string> names{"a", "b"};
  return arrow::StructArray::Make(ArrayVector{a, b}, names, validity);
}

Batch Nested() {
  const int64_t rows = 16384;
  ARROW_ASSIGN_OR_RAISE(auto list, NestedList(rows));
  ARROW_ASSIGN_OR_RAISE(auto structs, NestedStruct(rows));
  auto schema =
      arrow::schema({arrow::field("l", list->type()), arrow::field("s", structs->type())});
  return RecordBatch::Make(schema, rows, ArrayVector{list, structs});
}

Batch One() {
  ARROW_ASSIGN_OR_RAISE(auto x, Int64s(1, [](int64_t) { return 1; }));
  return RecordBatch::Make(arrow::schema({arrow::field("x", arrow::int64())}), 1, ArrayVector{x});
}

struct Row {
  int64_t batches;
  std::function<Batch()> batch;
};

const std::map<std::string, Row>& Table() {
  static const std::map<std::string, Row> table{
      {"large", {512, [] { return Integers(131072, 4); }}},
      {"medium", {4096, [] { return Integers(16384, 4); }}},
      {"small", {32768, [] { return Integers(1024, 4); }}},
      {"tiny", {65536, [] { return Integers(16, 4); }}},
      {"wide", {128, [] { return Integers(1024, 1000); }}},
      {"strings", {128, Strings}},
      {"dictionary", {256, Dictionaries}},
      {"nested", {256, Nested}},
      {"lz4", {64, [] { return SmallIntegers(131072); }}},
      {"zstd", {64, [] { return SmallIntegers(131072); }}},
      {"one", {1, One}},
  };
  return table;
}

int64_t ArrayBytes(const Array& array) {
  const int64_t rows = array.length();
  switch (array.type_id()) {
    case arrow::Type::INT64:
      return 8 * rows;
    case arrow::Type::STRING:
      return 4 * (rows + 1) + static_cast<const arrow::StringArray&>(array).total_values_length();
    case arrow::Type::DICTIONARY:
      return 4 * rows;
    case arrow::Type::LIST:
      return 4 * (rows + 1) + ArrayBytes(*static_cast<const arrow::ListArray&>(array).values());
    case arrow::Type::STRUCT: {
      int64_t bytes = 0;
      for (const auto& child : static_cast<const arrow::StructArray&>(array).fields()) {
        bytes += ArrayBytes(*child);
      }
      return bytes;
    }
    default:
      return 0;
  }
}

}  // namespace

int64_t Workload::batch_bytes() const {
  int64_t bytes = 0;
  for (const auto& column : batch->columns()) bytes += ArrayBytes(*column);
  return bytes;
}

Result<Workload> FindWorkload(const std::string& text) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<RecordBatch>> built;

  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const auto row = Table().find(name);
  if (row == Table().end()) return Status::KeyError("no workload \"", name, "\"");

  Workload workload;
  workload.batches = row->second.batches;
  if (colon != std::string::npos) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, workload.batches);
    if (parsed.ec != std::errc() || parsed.ptr != end || workload.batches < 0) {
      return Status::Invalid("no number of batches: \"", text, "\"");
    }
  }
  if (name == "lz4") {
    ARROW_ASSIGN_OR_RAISE(workload.options.codec,
                          arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME));
  } else if (name == "zstd") {
    ARROW_ASSIGN_OR_RAISE(workload.options.codec,
                          arrow::util::Codec::Create(arrow::Compression::ZSTD, 1));
  }
  const std::lock_guard<std::mutex> lock(mutex);
  auto& batch = built[name];
  if (!batch) {
    ARROW_ASSIGN_OR_RAISE(batch, row->second.batch());
  }
  workload.batch = batch;
  return workload;
}
