"""pyarrow against `wingbeat serve`: any program that knows Flight can list, read and write."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.flight as fl
import pyarrow.ipc
import pyarrow.parquet
import pytest

from wbinterop import data, fixtures, processes

path = fl.FlightDescriptor.for_path
command = fl.FlightDescriptor.for_command
# What pyarrow raises for codes that it has no class for.
FAILED = (pa.ArrowException, OSError)
SMALL = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "word": ["a", None, "c"]})


def serve(root, log, *args):
    command = [processes.program("WINGBEAT_BIN"), "serve", root, "--bind", "grpc://127.0.0.1:0"]
    return processes.server([*command, *args], log)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    data.write_all(root)
    nested = root / "deep" / "er"
    nested.mkdir(parents=True)
    pa.parquet.write_table(SMALL, nested / "birds.parquet")
    (root / "broken.parquet").write_bytes(b"PAR1 this is no footer PAR1")
    return root


@pytest.fixture(scope="module")
def served(root, logs):
    with serve(root, logs / "serve.log") as server:
        yield server


@pytest.fixture
def client(served):
    with fl.connect(served.address) as client:
        yield client


def read(client, descriptor):
    info = client.get_flight_info(descriptor)
    [endpoint] = info.endpoints
    assert endpoint.locations == []
    return client.do_get(endpoint.ticket).read_all()


def put(client, descriptor, table, headers=()):
    """Uploads a table; returns the JSON of the last acknowledgement."""
    options = fl.FlightCallOptions(headers=[(key.encode(), value.encode())
                                            for key, value in headers])
    writer, acks = client.do_put(descriptor, table.schema, options)
    with writer:
        writer.write_table(table)
        writer.done_writing()
        last = None
        while (ack := acks.read()) is not None:
            last = ack.to_pybytes()
    return json.loads(last)


@pytest.mark.parametrize("kind", data.FILES)
def test_every_format_is_read(client, kind):
    table = read(client, path(data.FLIGHTS[kind]))
    assert table.schema.names == data.TABLE.schema.names
    assert table.cast(data.TABLE.schema).equals(data.TABLE)
    # Leading zeros stay: the column is no number.
    assert table.schema.field("code").type in (pa.string(), pa.string_view())


@pytest.mark.parametrize("kind", data.FILES)
def test_flight_info(client, kind):
    name, file = data.FLIGHTS[kind], data.FILES[kind]
    for descriptor in [path(name), path(file), command(name)]:
        info = client.get_flight_info(descriptor)
        assert info.descriptor == descriptor, "the reply echoes the descriptor as asked"
        assert info.total_records == (1000 if kind in data.COUNTED else -1)
        about = json.loads(info.app_metadata)
        assert {"version", "format", "modified"} <= about.keys()
        schema = client.get_schema(descriptor).schema
        assert schema.equals(info.schema, check_metadata=True)
        assert schema.names == data.TABLE.schema.names


def test_list_flights(client):
    names = {b"/".join(info.descriptor.path).decode() for info in client.list_flights()}
    assert set(data.FLIGHTS.values()) <= names
    # A leaf folder is one flight; its members are addressable, not listed.
    assert "deep/er" in names and "deep/er/birds" not in names
    some = {b"/".join(info.descriptor.path).decode() for info in client.list_flights(b"in_")}
    assert some == {name for name in data.FLIGHTS.values() if name.startswith("in_")}
    # A corrupt file is logged and costs nobody else anything.
    assert "broken" not in names


def test_paths_by_components_or_slashes(client):
    assert read(client, path("deep", "er", "birds")).equals(SMALL)
    assert read(client, path("deep/er/birds")).equals(SMALL)


def test_commands_push_down(client):
    asked = {"dataset": "in_parquet", "columns": ["id", "name"],
             "filter": [["id", ">=", 250], ["grey", "==", True]], "limit": 10, "offset": 5}
    want = data.TABLE.filter((pa.compute.field("id") >= 250) & pa.compute.field("grey"))
    want = want.select(["id", "name"]).slice(5, 10)
    text = json.dumps(asked)
    assert read(client, command(text)).equals(want)
    assert client.do_get(fl.Ticket(text)).read_all().equals(want), "the same JSON is a ticket"


def test_a_plain_name_is_a_ticket(client):
    assert client.do_get(fl.Ticket("in_parquet")).read_all().equals(data.TABLE)


@pytest.mark.parametrize("descriptor, error, words", [
    (path("nothing"), pa.ArrowKeyError, "nothing"),
    (path(".."), pa.ArrowInvalid, r"\.\."),
    (path("..", "..", "etc", "passwd"), pa.ArrowInvalid, r"\.\."),
    (path("in_csv", "..", "in_csv"), pa.ArrowInvalid, r"\.\."),
    (path("/etc/passwd"), pa.ArrowInvalid, "/etc/passwd"),
    (path("a\x00b"), pa.ArrowInvalid, "NUL"),
    (command('{"dataset": "in_parquet", "colums": []}'), pa.ArrowInvalid, "colums"),
    (command('{"dataset": "in_parquet", "columns": ["wing"]}'), pa.ArrowInvalid, "wing"),
    (command(b"\x0a\x43type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"),
     pa.ArrowNotImplementedError, "CommandStatementQuery"),
])
def test_bad_descriptors(client, descriptor, error, words):
    with pytest.raises(error, match=words):
        client.get_flight_info(descriptor)


def test_a_corrupt_file_names_itself(client):
    with pytest.raises(FAILED, match="broken.parquet"):
        client.do_get(fl.Ticket("broken")).read_all()


def test_bad_tickets(client):
    for ticket in [b"", b"\xff\xfe", b"{", b"nothing"]:
        with pytest.raises((pa.ArrowInvalid, pa.ArrowKeyError)):
            client.do_get(fl.Ticket(ticket)).read_all()


def test_actions(client):
    offered = {action.type for action in client.list_actions()}
    assert {"drop", "refresh"} <= offered
    with pytest.raises(pa.ArrowNotImplementedError, match="sing"):
        list(client.do_action(("sing", b"")))


def test_an_upload_without_any_header(client, root):
    done = put(client, path("new"), SMALL)
    assert done["rows"] == 3 and done["format"] == "parquet"
    assert {"bytes", "version", "upload_id"} <= done.keys()
    assert read(client, path("new")).equals(SMALL)
    assert pa.parquet.read_table(root / "new.parquet").equals(SMALL), "other tools open it"
    # The default replaces what is one file.
    put(client, path("new"), SMALL.slice(1))
    assert read(client, path("new")).equals(SMALL.slice(1))
    names = {b"/".join(info.descriptor.path) for info in client.list_flights()}
    assert b"new" in names
    list(client.do_action(("drop", b"new")))
    with pytest.raises(pa.ArrowKeyError):
        client.get_flight_info(path("new"))
    assert not (root / "new.parquet").exists()


def test_an_upload_into_a_folder(client):
    put(client, path("some/where", "new"), SMALL)
    assert read(client, path("some", "where", "new")).equals(SMALL)


def test_create_does_not_replace(client):
    put(client, path("once"), SMALL, [("wingbeat-mode", "create")])
    with pytest.raises(FAILED, match="once"):
        put(client, path("once"), SMALL.slice(1), [("wingbeat-mode", "create")])
    by_command = json.dumps({"dataset": "once", "mode": "create"})
    with pytest.raises(FAILED, match="once"):
        put(client, command(by_command), SMALL.slice(1))
    assert read(client, path("once")).equals(SMALL)


def test_append_is_refused_as_such(client):
    with pytest.raises(FAILED, match="append"):
        put(client, path("later"), SMALL, [("wingbeat-mode", "append")])


def test_an_upload_id_writes_once(client):
    header = [("wingbeat-upload-id", "a-1")]
    first = put(client, path("counted"), SMALL, header)
    again = put(client, path("counted"), SMALL.slice(1), header)
    assert again == first and first["upload_id"] == "a-1"
    assert read(client, path("counted")).equals(SMALL)


def test_a_short_upload_is_refused(client):
    with pytest.raises(FAILED, match="3"):
        put(client, path("short"), SMALL, [("wingbeat-rows", "4")])
    with pytest.raises(pa.ArrowKeyError):
        client.get_flight_info(path("short"))


@pytest.mark.parametrize("name", fixtures.ALL)
def test_every_type_survives_the_store(client, name):
    """What Parquet would not give back exactly lands as Arrow IPC."""
    schema, batches = fixtures.ALL[name]()
    writer, acks = client.do_put(path(f"types/{name}"), schema)
    with writer:
        for batch in batches:
            writer.write_batch(batch)
        writer.done_writing()
        while (ack := acks.read()) is not None:
            last = ack.to_pybytes()
    assert json.loads(last)["rows"] == sum(batch.num_rows for batch in batches)
    info = client.get_flight_info(path(f"types/{name}"))
    reader = client.do_get(info.endpoints[0].ticket)
    fixtures.same((schema, batches), reader.schema, [chunk.data for chunk in reader])


def test_unions_land_as_arrow(client):
    schema, [batch] = fixtures.unions()
    done = put(client, path("unions"), pa.Table.from_batches([batch], schema))
    assert done["format"] == "arrow"


def options(**headers):
    pairs = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    return fl.FlightCallOptions(headers=pairs)


def test_settings_by_command(client):
    asked = {"dataset": "by/command", "format": "arrow", "compression": "lz4", "rows": 3,
             "upload_id": "c-1"}
    done = put(client, command(json.dumps(asked)), SMALL)
    assert done["format"] == "arrow" and done["rows"] == 3 and done["upload_id"] == "c-1"
    assert read(client, path("by/command")).equals(SMALL)
    with pytest.raises(pa.ArrowInvalid, match="contradicts"):
        put(client, command(json.dumps(asked)), SMALL, [("wingbeat-format", "parquet")])


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_bodies_are_compressed_on_demand(client, compression):
    asking = options(wingbeat_body_compression=compression)
    assert client.do_get(fl.Ticket("in_parquet"), asking).read_all().equals(data.TABLE)
    with pytest.raises(pa.ArrowInvalid, match="rar"):
        client.do_get(fl.Ticket("in_parquet"), options(wingbeat_body_compression="rar")).read_all()


def test_errors_carry_the_id_of_their_request(client):
    for call in [
        lambda asking: client.get_flight_info(path("nothing"), asking),
        lambda asking: client.get_schema(path("nothing"), asking),
        lambda asking: client.do_get(fl.Ticket("nothing"), asking).read_all(),
        lambda asking: list(client.do_action(("drop", b"nothing"), asking)),
    ]:
        with pytest.raises(pa.ArrowKeyError, match="request id from-pyarrow"):
            call(options(x_request_id="from-pyarrow"))
        with pytest.raises(pa.ArrowKeyError, match="request id [0-9a-f]{32}"):
            call(options())


def test_a_ticket_is_for_one_version(client):
    put(client, path("turned"), SMALL)
    ticket = client.get_flight_info(path("turned")).endpoints[0].ticket
    assert client.do_get(ticket).read_all().equals(SMALL)
    put(client, path("turned"), SMALL.slice(1))
    with pytest.raises(FAILED, match="changed"):
        client.do_get(ticket).read_all()
    with pytest.raises(pa.ArrowInvalid, match="the ticket was changed"):
        client.do_get(fl.Ticket(ticket.ticket[:-1])).read_all()


def test_what_others_wrote_is_safe(client, root):
    pa.parquet.write_table(SMALL, root / "theirs.parquet")
    with pytest.raises(FAILED, match="wingbeat-mode: replace"):
        put(client, path("theirs"), SMALL.slice(1))
    with pytest.raises(FAILED, match="force"):
        list(client.do_action(("drop", b"theirs")))
    assert read(client, path("theirs")).equals(SMALL)
    forced = json.dumps({"dataset": "theirs", "force": True}).encode()
    [result] = client.do_action(("drop", forced))
    assert json.loads(result.body.to_pybytes()) == {"path": "theirs.parquet"}
    assert not (root / "theirs.parquet").exists()


UPLOADER = """
import sys
import pyarrow as pa, pyarrow.flight as fl
from wbinterop import data
client = fl.connect(sys.argv[1])
writer, _ = client.do_put(fl.FlightDescriptor.for_path(sys.argv[2]), data.TABLE.schema)
for _ in range(100):
    writer.write_table(data.TABLE)
print("written", flush=True)
sys.stdin.read()
"""


def test_a_client_that_is_killed_leaves_nothing(served, client, root):
    put(client, path("kept"), SMALL)
    before = files_of(root)
    for name in ["half", "kept"]:
        uploader = [sys.executable, "-c", UPLOADER, served.address, name]
        process = subprocess.Popen(uploader, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])})
        assert process.stdout.readline(), "the upload is on its way"
        process.kill()
        process.communicate()
        processes.eventually(lambda: files_of(root) == before)
    with pytest.raises(pa.ArrowKeyError):
        client.get_flight_info(path("half"))
    assert read(client, path("kept")).equals(SMALL)


def files_of(root):
    """Every file below the root with its content, hidden ones and what is staged included.

    None when a file went away while it was looked at: then look again."""
    try:
        files = [file for file in root.rglob("*") if file.is_file()]
        return {file.relative_to(root): file.read_bytes() for file in sorted(files)}
    except FileNotFoundError:
        return None


def test_new_files_appear(client, root):
    pa.parquet.write_table(SMALL, root / "arrived.parquet")
    list(client.do_action(("refresh", b"")))
    assert read(client, path("arrived")).equals(SMALL)


def test_read_only(root, logs):
    with serve(root, logs / "read-only.log", "--read-only") as server:
        with fl.connect(server.address) as client:
            with pytest.raises(fl.FlightUnauthorizedError, match="read-only"):
                put(client, path("never"), SMALL)
            with pytest.raises(fl.FlightUnauthorizedError, match="read-only"):
                list(client.do_action(("drop", b"in_parquet")))
            assert read(client, path("in_parquet")).equals(data.TABLE)


def test_sigterm_ends_well(root, logs):
    with serve(root, logs / "term.log") as server:
        with fl.connect(server.address) as client:
            assert read(client, path("in_parquet")).equals(data.TABLE)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
