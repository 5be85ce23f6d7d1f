"""Streams of every Arrow type, written once as IPC files that both sides read."""

import datetime
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

# (schema, batches) by name. Built by functions so that importing this costs nothing.
Stream = tuple[pa.Schema, list[pa.RecordBatch]]

UTC = datetime.timezone.utc
DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12, 0, 0, 123456)


def _stream(columns: dict[str, pa.Array], metadata=None, rest=()) -> Stream:
    fields = [pa.field(name, column.type) for name, column in columns.items()]
    schema = pa.schema(fields, metadata=metadata)
    batches = [pa.RecordBatch.from_arrays(list(columns.values()), schema=schema)]
    batches += [pa.RecordBatch.from_arrays(list(more.values()), schema=schema) for more in rest]
    return schema, batches


def integers() -> Stream:
    types = [pa.int8(), pa.int16(), pa.int32(), pa.int64()]
    types += [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    columns = {}
    for kind in types:
        bits = kind.bit_width
        signed = str(kind).startswith("int")
        low = -(2 ** (bits - 1)) if signed else 0
        high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
        columns[str(kind)] = pa.array([low, None, high, 7], kind)
    return _stream(columns)


def floats() -> Stream:
    values = [0.0, None, -1.5, float("inf"), -0.0]
    types = [pa.float16(), pa.float32(), pa.float64()]
    return _stream({str(kind): pa.array(values, kind) for kind in types})


def decimals() -> Stream:
    values = [decimal.Decimal("12345.67"), None, decimal.Decimal("-0.01")]
    wide = [decimal.Decimal("-" + "9" * 70 + ".123456"), None, decimal.Decimal("0.000001")]
    return _stream({
        "decimal32": pa.array(values, pa.decimal32(7, 2)),
        "decimal64": pa.array(values, pa.decimal64(18, 2)),
        "decimal128": pa.array(values, pa.decimal128(38, 2)),
        "decimal256": pa.array(wide, pa.decimal256(76, 6)),
    })


def temporal() -> Stream:
    units = ["s", "ms", "us", "ns"]
    columns = {
        "date32": pa.array([DAY, None, datetime.date(1969, 12, 31)], pa.date32()),
        "date64": pa.array([DAY, None, datetime.date(1969, 12, 31)], pa.date64()),
        "time32_s": pa.array([1, None, 86399], pa.time32("s")),
        "time32_ms": pa.array([1, None, 86399999], pa.time32("ms")),
        "time64_us": pa.array([1, None, 86399999999], pa.time64("us")),
        "time64_ns": pa.array([1, None, 86399999999999], pa.time64("ns")),
        "month_day_nano": pa.array([(1, 2, 3), None, (-1, -2, -3)], pa.month_day_nano_interval()),
    }
    for unit in units:
        for zone in [None, "UTC", "Europe/Paris", "+05:30"]:
            kind = pa.timestamp(unit, zone)
            columns[f"timestamp_{unit}_{zone}"] = pa.array([-1, None, 1709208000], kind)
        columns[f"duration_{unit}"] = pa.array([-1, None, 10**12], pa.duration(unit))
    return _stream(columns)


def booleans_and_nulls() -> Stream:
    flags = [True, None, False] * 7
    return _stream({
        "bool": pa.array(flags),
        "all_valid": pa.array([True, False, True] * 7),
        "null": pa.nulls(21),
        "all_null": pa.nulls(21, pa.int32()),
    })


def strings() -> Stream:
    words = ["", None, "grüße", "a string that is longer than twelve bytes", "twelve bytes"]
    raw = [b"", None, b"\x00\xff", b"bytes that are longer than twelve", b"x" * 12]
    return _stream({
        "utf8": pa.array(words, pa.string()),
        "large_utf8": pa.array(words, pa.large_string()),
        "utf8_view": pa.array(words, pa.string_view()),
        "binary": pa.array(raw, pa.binary()),
        "large_binary": pa.array(raw, pa.large_binary()),
        "binary_view": pa.array(raw, pa.binary_view()),
        "fixed": pa.array([b"abcd", None, b"\x00\x01\x02\x03", b"wxyz", b"    "], pa.binary(4)),
        "fixed_0": pa.array([b"", None, b"", b"", b""], pa.binary(0)),
    })


def lists() -> Stream:
    values = [[1, None, 3], None, [], [4]]
    pairs = [[1, 2], None, [None, 4], [5, 6]]
    deep = [[["a"], None, []], None, [], [["b", None, "c"]]]
    item = pa.field("element", pa.int16(), nullable=False, metadata={"k": "v"})
    return _stream({
        "list": pa.array(values, pa.list_(pa.int32())),
        "large_list": pa.array(values, pa.large_list(pa.int32())),
        "fixed_list": pa.array(pairs, pa.list_(pa.int32(), 2)),
        "list_view": pa.array(values, pa.list_view(pa.int32())),
        "large_list_view": pa.array(values, pa.large_list_view(pa.int32())),
        "list_of_list": pa.array(deep, pa.list_(pa.list_(pa.string()))),
        "view_of_view": pa.array(deep, pa.list_view(pa.list_view(pa.string_view()))),
        "named_item": pa.array([[1], None, [], [2, 3]], pa.list_(item)),
    })


def structs_and_maps() -> Stream:
    point = pa.struct([pa.field("x", pa.int32()), pa.field("y", pa.string())])
    nested = pa.struct([("p", point), ("l", pa.list_(point))])
    return _stream({
        "struct": pa.array([{"x": 1, "y": "a"}, None, {"x": None, "y": "c"}], point),
        "empty_struct": pa.array([{}, None, {}], pa.struct([])),
        "nested": pa.array([{"p": {"x": 1, "y": "b"}, "l": [None, {"x": 2, "y": None}]},
                            None, {"p": None, "l": []}], nested),
        "map": pa.array([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int64())),
        "map_sorted": pa.array([[(1, "x"), (2, "y")], [], None],
                               pa.map_(pa.int32(), pa.string(), keys_sorted=True)),
    })


def unions() -> Stream:
    types = pa.array([0, 1, 0, 5], pa.int8())
    dense = pa.UnionArray.from_dense(
        pa.array([0, 1, 0, 1], pa.int8()), pa.array([0, 0, 1, 1], pa.int32()),
        [pa.array([1, None]), pa.array(["a", "b"])], ["i", "s"])
    sparse = pa.UnionArray.from_sparse(
        types, [pa.array([1, 2, None, 4]), pa.array(["a", "b", "c", "d"]), pa.nulls(4)],
        ["i", "s", "n"], [0, 1, 5])
    inside = pa.ListArray.from_arrays(pa.array([0, 1, 1, 2, 4], pa.int32()), dense)
    return _stream({"dense": dense, "sparse": sparse, "list_of_union": inside})


def run_end_encoded() -> Stream:
    def runs(ends, kind, values):
        return pa.RunEndEncodedArray.from_arrays(pa.array(ends, kind), values)

    return _stream({
        "ree16": runs([2, 5, 6], pa.int16(), pa.array(["a", None, "c"])),
        "ree32": runs([6], pa.int32(), pa.array([1.5])),
        "ree64": runs([1, 2, 6], pa.int64(), pa.array([True, None, False])),
        "ree_of_dictionary": runs([3, 6], pa.int32(), pa.array(["x", "y"]).dictionary_encode()),
    })


def dictionaries() -> Stream:
    words = pa.array(["a", "b", None, "a", "c"])
    columns = {}
    for kind in [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(),
                 pa.uint32(), pa.uint64()]:
        indices = pa.array([0, 1, None, 0, 2], kind)
        columns[f"by_{kind}"] = pa.DictionaryArray.from_arrays(indices, pa.array(["a", "b", "c"]))
    columns["ordered"] = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 1, 0, None], pa.int8()), pa.array([10, 20]), ordered=True)
    columns["null_value"] = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 1, 0, None], pa.int32()), pa.array(["v", None]))
    columns["in_list"] = pa.ListArray.from_arrays(
        pa.array([0, 2, 2, 3, 4, 5], pa.int32()), words.dictionary_encode())
    columns["in_struct"] = pa.StructArray.from_arrays(
        [words.dictionary_encode(), pa.array([1, 2, 3, 4, 5])], ["d", "n"])
    inner = pa.StructArray.from_arrays(
        [pa.array(["p", "q", "p"]).dictionary_encode(), pa.array([1, 2, 3])], ["d", "n"])
    columns["of_struct_of_dictionary"] = pa.DictionaryArray.from_arrays(
        pa.array([2, 0, None, 1, 1], pa.int16()), inner)
    columns["of_list"] = pa.DictionaryArray.from_arrays(
        pa.array([1, 0, 1, None, 0], pa.int8()), pa.array([[1, 2], []]))
    columns["of_view"] = pa.DictionaryArray.from_arrays(
        pa.array([1, 0, 1, None, 0], pa.int8()),
        pa.array(["short", "longer than twelve bytes"], pa.string_view()))
    return _stream(columns)


def dictionary_changes() -> Stream:
    """One column: grown (a delta would do), then replaced, then as in the batch before."""
    kind = pa.dictionary(pa.int32(), pa.string())
    parts = [(["a", "b"], [0, 1]), (["a", "b", "c"], [2, 0]), (["x"], [0, 0, None]), (["x"], [0])]
    arrays = [
        pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(values))
        for values, indices in parts
    ]
    schema = pa.schema([pa.field("d", kind)])
    return schema, [pa.RecordBatch.from_arrays([array], schema=schema) for array in arrays]


def extensions() -> Stream:
    tensor = pa.fixed_shape_tensor(pa.int32(), [2, 2])
    storage = pa.array([[1, 2, 3, 4], None, [5, 6, 7, 8]], tensor.storage_type)
    unknown = pa.opaque(pa.int32(), "goose", "pond")
    return _stream({
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16, None, b"f" * 16],
                                                                   pa.binary(16))),
        "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}', None, "[]"])),
        "bool8": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, None, 0], pa.int8())),
        "tensor": pa.ExtensionArray.from_storage(tensor, storage),
        "opaque": pa.ExtensionArray.from_storage(unknown, pa.array([1, None, 3], pa.int32())),
    })


def metadata() -> Stream:
    fields = [
        pa.field("a", pa.int32(), nullable=False, metadata={"unit": "m", b"raw": b"\xc3\xbc"}),
        pa.field("", pa.string(), metadata={"empty name": ""}),
        pa.field("a", pa.int64()),
    ]
    schema = pa.schema(fields, metadata={"pandas": "{}", "key": "value", "": "empty key"})
    arrays = [pa.array([1, 2], pa.int32()), pa.array(["x", None]), pa.array([None, 4], pa.int64())]
    return schema, [pa.RecordBatch.from_arrays(arrays, schema=schema)]


def sliced() -> Stream:
    """Every buffer begins in the middle of something, bitmaps inside a byte."""
    numbers = pa.array([None if i % 5 == 0 else i for i in range(100)], pa.int32())
    words = pa.array([None if i % 7 == 0 else f"word {i} " + "x" * (i % 20) for i in range(100)])
    columns = {
        "int": numbers,
        "bool": pa.array([None if i % 3 == 0 else i % 2 == 0 for i in range(100)]),
        "utf8": words,
        "view": words.cast(pa.string_view()),
        "list": pa.array([None if i % 4 == 0 else list(range(i % 6)) for i in range(100)]),
        "struct": pa.StructArray.from_arrays([numbers, words], ["n", "w"]),
        "dictionary": words.dictionary_encode(),
        "fixed_list": pa.array([[i, None] for i in range(100)], pa.list_(pa.int64(), 2)),
        "ree": pa.RunEndEncodedArray.from_arrays(
            pa.array(range(10, 101, 10), pa.int32()), pa.array([str(i) for i in range(10)])),
    }
    schema, [whole] = _stream(columns)
    return schema, [whole.slice(3, 50), whole.slice(53, 0), whole.slice(61, 13), whole.slice(99)]


def zero_rows() -> Stream:
    schema, [batch] = _stream({
        "int": pa.array([1], pa.int32()), "utf8": pa.array(["x"]), "list": pa.array([[1]]),
        "dictionary": pa.array(["x"]).dictionary_encode(), "view": pa.array(["x"],
                                                                          pa.string_view()),
        "bool": pa.array([True]), "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())),
    })
    return schema, [batch.slice(0, 0), batch, batch.slice(1)]


def zero_columns() -> Stream:
    schema = pa.schema([], metadata={"still": "here"})
    rows = pa.RecordBatch.from_struct_array(pa.array([{}] * 5, pa.struct([])))
    return schema, [rows.replace_schema_metadata(schema.metadata)]


def empty_stream() -> Stream:
    return pa.schema([pa.field("a", pa.int32()), pa.field("b", pa.list_(pa.string()))]), []


def many_batches() -> Stream:
    schema = pa.schema([("i", pa.int64())])
    make = pa.RecordBatch.from_arrays
    return schema, [make([pa.array([i, -i])], schema=schema) for i in range(200)]


def hundred_megabytes() -> Stream:
    """One batch of 100 MB: numbers, and strings whose offsets a split has to move."""
    rows = 2_500_000
    numbers = pa.array(range(rows), pa.int64())
    words = pa.array([f"{i:028d}" for i in range(rows)])
    return _stream({"i": numbers, "s": words})


ALL = {
    build.__name__: build
    for build in [
        integers, floats, decimals, temporal, booleans_and_nulls, strings, lists,
        structs_and_maps, unions, run_end_encoded, dictionaries, dictionary_changes, extensions,
        metadata, sliced, zero_rows, zero_columns, empty_stream, many_batches,
    ]
}
LARGE = {"hundred_megabytes": hundred_megabytes}


def write_all(folder: Path) -> None:
    """Writes each fixture as an IPC stream, `NAME.arrows`."""
    for name, build in (ALL | LARGE).items():
        write(folder / f"{name}.arrows", *build())


def write(path: Path, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    with pa.ipc.new_stream(str(path), schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read(path: Path) -> Stream:
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
        return reader.schema, list(reader)


def same(expected: Stream, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    """Asserts that what arrived is what was sent: schema with metadata, and every value."""
    want_schema, want_batches = expected
    assert schema.equals(want_schema, check_metadata=True), f"{schema}\n!=\n{want_schema}"
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema.equals(want_schema, check_metadata=True)
    want_rows = sum(batch.num_rows for batch in want_batches)
    assert sum(batch.num_rows for batch in batches) == want_rows
    want = pa.Table.from_batches(want_batches, want_schema)
    got = pa.Table.from_batches(batches, want_schema)
    for index, field in enumerate(want_schema):
        left, right = want.column(index), got.column(index)
        # The same values may lie under another dictionary or other runs.
        if not left.equals(right):
            assert _may_differ(field.type), f"{field}: {left} != {right}"
            assert left.to_pylist() == right.to_pylist(), str(field)


def _may_differ(kind: pa.DataType) -> bool:
    text = str(kind)
    return "dictionary<" in text or "run_end_encoded<" in text
