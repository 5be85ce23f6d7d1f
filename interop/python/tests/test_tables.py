"""Delta Lake tables: what `wingbeat serve` writes, deltalake and polars open; what deltalake
writes, it serves."""

import datetime
import decimal
import json
import threading

import deltalake
import polars
import pyarrow as pa
import pyarrow.flight as fl
import pytest

from wbinterop import processes

path = fl.FlightDescriptor.for_path
FAILED = (pa.ArrowException, OSError)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "served"


@pytest.fixture
def client(root, logs):
    root.mkdir()
    command = [processes.program("WINGBEAT_BIN"), "serve", root, "--bind", "grpc://127.0.0.1:0"]
    with processes.server(command, logs / "tables.log") as server:
        with fl.connect(server.address) as client:
            yield client


def put(client, name, table, mode, upload_id=None):
    headers = [(b"wingbeat-mode", mode.encode())]
    if upload_id:
        headers.append((b"wingbeat-upload-id", upload_id.encode()))
    options = fl.FlightCallOptions(headers=headers)
    writer, acks = client.do_put(path(name), table.schema, options)
    with writer:
        writer.write_table(table)
        writer.done_writing()
        return json.loads(acks.read().to_pybytes())


def read(client, descriptor):
    info = client.get_flight_info(descriptor)
    tables = [client.do_get(endpoint.ticket).read_all() for endpoint in info.endpoints]
    return pa.concat_tables(tables)


def read_json(client, **request):
    return read(client, fl.FlightDescriptor.for_command(json.dumps(request)))


def rows(values):
    """A table with a column of every type that Delta Lake has."""
    count = len(values)
    day = datetime.date(2024, 2, 29)
    moment = datetime.datetime(2024, 2, 29, 12, 0, 0, 123456)
    utc = moment.replace(tzinfo=datetime.timezone.utc)
    return pa.table({
        "n": pa.array(values, pa.int64()),
        "b": pa.array([value % 2 == 0 for value in values]),
        "tiny": pa.array([1] * count, pa.int8()),
        "small": pa.array([None] * count, pa.int16()),
        "medium": pa.array([-5] * count, pa.int32()),
        "f": pa.array([1.5] * count, pa.float32()),
        "d": pa.array([0.1 + value for value in values], pa.float64()),
        "s": pa.array([f"gänse {value}" for value in values]),
        "raw": pa.array([b"\x00\xff"] * count, pa.binary()),
        "day": pa.array([day] * count, pa.date32()),
        "utc": pa.array([utc] * count, pa.timestamp("us", "UTC")),
        "money": pa.array([decimal.Decimal("12.34")] * count, pa.decimal128(10, 2)),
        "many": pa.array([[1, None, value] for value in values], pa.list_(pa.int32())),
        "pair": pa.array([{"x": value, "y": "z"} for value in values],
                         pa.struct([("x", pa.int64()), ("y", pa.string())])),
        "map": pa.array([[("k", value)] for value in values],
                        pa.map_(pa.string(), pa.int64())),
    })


def test_what_we_write_others_open(client, root):
    first = put(client, "a/trips", rows([1, 2]), "create_append")
    assert first["version"].startswith("delta:0:") and first["rows"] == 2
    second = put(client, "a/trips", rows([3]), "append", "one")
    assert put(client, "a/trips", rows([3]), "append", "one") == second

    table = deltalake.DeltaTable(str(root / "a/trips"))
    assert table.version() == 1
    theirs = table.to_pyarrow_table().sort_by("n")
    ours = read(client, path("a/trips"))
    assert ours.schema == rows([1]).schema
    assert ours == rows([1, 2, 3])
    assert theirs.select(["n", "s", "day", "utc", "money", "f", "raw"]).to_pylist() \
        == ours.select(["n", "s", "day", "utc", "money", "f", "raw"]).to_pylist()
    assert theirs.column("pair").to_pylist() == ours.column("pair").to_pylist()
    assert theirs.column("many").to_pylist() == ours.column("many").to_pylist()
    adds = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    numbers = sorted((add["num_records"], add["min.n"], add["max.n"]) for add in adds)
    assert numbers == [(1, 3, 3), (2, 1, 2)]
    assert [add["null_count.small"] for add in adds if add["num_records"] == 1] == [1]
    frame = polars.scan_delta(str(root / "a/trips")).filter(polars.col("n") >= 2).collect()
    assert sorted(frame["n"].to_list()) == [2, 3]
    old = deltalake.DeltaTable(str(root / "a/trips"), version=0)
    assert sorted(old.to_pyarrow_table().column("n").to_pylist()) == [1, 2]


def test_what_others_write_we_serve(client, root):
    where = str(root / "trips")
    deltalake.write_deltalake(where, rows([1, 2]))
    assert read(client, path("trips")).column("n").to_pylist() == [1, 2]
    deltalake.write_deltalake(where, rows([3]), mode="append")
    ours = read(client, path("trips"))
    assert sorted(ours.column("n").to_pylist()) == [1, 2, 3]
    assert ours.column("money").type == pa.decimal128(10, 2)
    put(client, "trips", ours.slice(0, 1), "append")
    table = deltalake.DeltaTable(where)
    assert table.version() == 2 and table.to_pyarrow_table().num_rows == 4
    table.delete("n = 3")
    assert sorted(read(client, path("trips")).column("n").to_pylist()) == [1, 1, 2]
    assert read_json(client, dataset="trips", version=1).num_rows == 3
    table.optimize.compact()
    table.create_checkpoint()
    assert sorted(read(client, path("trips")).column("n").to_pylist()) == [1, 1, 2]
    table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert sorted(read(client, path("trips")).column("n").to_pylist()) == [1, 1, 2]
    with pytest.raises(FAILED, match="is gone"):
        read_json(client, dataset="trips", version=1)


def test_partitions_go_both_ways(client, root):
    where = str(root / "trips")
    table = pa.table({"zone": ["a b", "ü/%", None, "a b"], "day": pa.array(
        [datetime.date(2024, 1, day) for day in (1, 1, 2, 2)]), "n": [1, 2, 3, 4]})
    deltalake.write_deltalake(where, table, partition_by=["zone", "day"])
    put(client, "trips", table, "append")
    ours = read(client, path("trips"))
    assert ours.schema.names == ["zone", "day", "n"]
    expected = sorted(table.to_pylist() * 2, key=str)
    assert sorted(ours.to_pylist(), key=str) == expected
    theirs = deltalake.DeltaTable(where).to_pyarrow_table()
    assert sorted(theirs.to_pylist(), key=str) == expected
    some = read_json(client, dataset="trips", filter=[["zone", "==", "ü/%"]])
    assert some.column("n").to_pylist() == [2, 2]


def test_writers_of_both_kinds_at_once_all_land(client, root):
    where = str(root / "trips")
    put(client, "trips", rows([0]), "create_append")
    failures = []

    def theirs(values):
        try:
            for value in values:
                deltalake.write_deltalake(where, rows([value]), mode="append")
        except Exception as error:
            failures.append(error)

    def ours(values):
        try:
            for value in values:
                put(client, "trips", rows([value]), "append", f"upload {value}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=theirs, args=(range(100, 108),)),
               threading.Thread(target=ours, args=(range(200, 208),)),
               threading.Thread(target=ours, args=(range(300, 308),))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    expected = [0, *range(100, 108), *range(200, 208), *range(300, 308)]
    assert sorted(read(client, path("trips")).column("n").to_pylist()) == expected
    table = deltalake.DeltaTable(where)
    assert sorted(table.to_pyarrow_table().column("n").to_pylist()) == expected


def test_many_appends_make_checkpoints_that_others_read(client, root):
    put(client, "trips", rows([0]), "create_append")
    for value in range(1, 105):
        put(client, "trips", pa.table({name: rows([value]).column(name) for name in
                                       rows([0]).schema.names}), "append", f"id {value}")
    log = root / "trips/_delta_log"
    assert (log / f"{99:020}.checkpoint.parquet").exists()
    table = deltalake.DeltaTable(str(root / "trips"))
    assert table.version() == 104 and table.to_pyarrow_table().num_rows == 105
    assert read(client, path("trips")).num_rows == 105
    again = put(client, "trips", rows([1]), "append", "id 1")
    assert again["version"].startswith("delta:1:") and again["rows"] == 1
    assert read(client, path("trips")).num_rows == 105


def test_deletion_vectors_and_mapped_columns_are_refused_by_name(client, root):
    where = root / "mapped"
    deltalake.write_deltalake(str(where), pa.table({"n": [1]}))
    entry = where / "_delta_log" / f"{1:020}.json"
    protocol = {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7,
                             "readerFeatures": ["rowWarping"], "writerFeatures": ["rowWarping"]}}
    entry.write_text(json.dumps(protocol))
    with pytest.raises(FAILED, match="rowWarping"):
        read(client, path("mapped"))
