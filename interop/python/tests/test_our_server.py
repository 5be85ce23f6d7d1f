"""pyarrow's client against `wingbeat-interop serve`: all RPCs."""

import json
import threading

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from wbinterop import fixtures, processes
from wbinterop.server import CODES, EXPIRES, REUSE


def stream(name):
    return (fixtures.ALL | fixtures.LARGE)[name]()


def chunks_of(reader):
    return [(chunk.data, chunk.app_metadata and chunk.app_metadata.to_pybytes())
            for chunk in reader]


def put(client, descriptor, schema, batches):
    """Writes all batches; returns the metadata that the server acknowledged with."""
    writer, acks = client.do_put(descriptor, schema)
    with writer:
        for batch in batches:
            writer.write_batch(batch)
        writer.done_writing()
        return read_acks(acks)


def read_acks(acks):
    seen = []
    while (ack := acks.read()) is not None:
        seen.append(ack.to_pybytes())
    return seen


def action(client, name, body=b"", options=None):
    results = client.do_action((name, body), options)
    return [result.body.to_pybytes() for result in results]


@pytest.mark.parametrize("name", fixtures.ALL)
def test_do_get_every_type(client, name):
    reader = client.do_get(fl.Ticket(name))
    got = [data for data, _ in chunks_of(reader)]
    want = stream(name)
    fixtures.same(want, reader.schema, got)
    assert [batch.num_rows for batch in got] == [batch.num_rows for batch in want[1]]


@pytest.mark.parametrize("name", fixtures.ALL)
def test_do_put_every_type(client, name):
    schema, batches = stream(name)
    acks = put(client, fl.FlightDescriptor.for_path(name), schema, batches)
    assert acks == [f"{i}:{batch.num_rows}:".encode() for i, batch in enumerate(batches)]
    reader = client.do_get(fl.Ticket(f"uploaded:{name}"))
    fixtures.same((schema, batches), reader.schema, [data for data, _ in chunks_of(reader)])


@pytest.mark.parametrize("name", fixtures.ALL)
def test_do_exchange_echoes_every_type(client, name):
    schema, batches = stream(name)
    writer, reader = client.do_exchange(fl.FlightDescriptor.for_command(b"echo"))
    with writer:
        writer.begin(schema)
        for batch in batches:
            writer.write_batch(batch)
        writer.done_writing()
        got = [data for data, _ in chunks_of(reader)]
        fixtures.same((schema, batches), reader.schema, got)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
@pytest.mark.parametrize("name", ["integers", "strings", "sliced", "dictionaries", "many_batches"])
def test_compressed_bodies_both_ways(client, name, codec):
    schema, batches = stream(name)
    options = fl.FlightCallOptions(write_options=pa.ipc.IpcWriteOptions(compression=codec))
    writer, reader = client.do_exchange(fl.FlightDescriptor.for_command(b"echo"), options)
    with writer:
        writer.begin(schema, options=pa.ipc.IpcWriteOptions(compression=codec))
        for batch in batches:
            writer.write_batch(batch)
        writer.done_writing()
        fixtures.same((schema, batches), reader.schema, [data for data, _ in chunks_of(reader)])
    reader = client.do_get(fl.Ticket(f"{codec}:{name}"))
    fixtures.same((schema, batches), reader.schema, [data for data, _ in chunks_of(reader)])


def test_dictionary_deltas_are_read(client):
    schema, batches = stream("dictionary_changes")
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    descriptor = fl.FlightDescriptor.for_path("deltas")
    writer, acks = client.do_put(descriptor, schema, fl.FlightCallOptions(write_options=options))
    with writer:
        for batch in batches:
            writer.write_batch(batch)
        writer.done_writing()
        assert len(read_acks(acks)) == len(batches)
    reader = client.do_get(fl.Ticket("uploaded:deltas"))
    fixtures.same((schema, batches), reader.schema, [data for data, _ in chunks_of(reader)])


@pytest.mark.parametrize("kind", ["", "whole:"])
def test_do_get_100_mb_batch(client, kind):
    reader = client.do_get(fl.Ticket(f"{kind}hundred_megabytes"))
    got = [data for data, _ in chunks_of(reader)]
    assert (len(got) == 1) == (kind == "whole:"), f"{len(got)} messages"
    fixtures.same(stream("hundred_megabytes"), reader.schema, got)


def test_do_put_100_mb_batch(client):
    schema, batches = stream("hundred_megabytes")
    acks = put(client, fl.FlightDescriptor.for_path("large"), schema, batches)
    assert acks == [f"0:{batches[0].num_rows}:".encode()]
    reader = client.do_get(fl.Ticket("uploaded:large"))
    fixtures.same((schema, batches), reader.schema, [data for data, _ in chunks_of(reader)])


def test_list_flights(client):
    infos = list(client.list_flights())
    assert [info.descriptor.path for info in infos] == [[n.encode()] for n in sorted(fixtures.ALL)]
    some = list(client.list_flights(b"dict"))
    names = [info.descriptor.path[0] for info in some]
    assert names == [b"dictionaries", b"dictionary_changes"]


@pytest.mark.parametrize("descriptor", [
    fl.FlightDescriptor.for_path("metadata"), fl.FlightDescriptor.for_command(b"info:metadata")])
def test_get_flight_info(client, descriptor):
    info = client.get_flight_info(descriptor)
    assert info.descriptor == descriptor
    assert info.schema.equals(stream("metadata")[0], check_metadata=True)
    assert (info.total_records, info.total_bytes, info.ordered) == (2, -1, True)
    assert info.app_metadata == b"about metadata"
    first, second = info.endpoints
    assert (first.ticket.ticket, first.locations, first.app_metadata) == (b"metadata", [], b"")
    assert first.expiration_time is None
    assert second.locations == [fl.Location(REUSE)]
    assert second.app_metadata == b"second"
    assert second.expiration_time.as_py() == EXPIRES


@pytest.mark.parametrize("name", fixtures.ALL)
def test_get_schema(client, name):
    descriptor = fl.FlightDescriptor.for_path(name)
    want = stream(name)[0]
    assert client.get_schema(descriptor).schema.equals(want, check_metadata=True)
    assert client.get_flight_info(descriptor).schema.equals(want, check_metadata=True)


def test_app_metadata_in_do_get(client):
    reader = client.do_get(fl.Ticket("metadata:many_batches"))
    got = chunks_of(reader)
    # A message without data comes first; then one for each batch.
    assert got[0] == (None, b"before")
    assert [metadata for _, metadata in got[1:]] == [str(i).encode() for i in range(200)]
    fixtures.same(stream("many_batches"), reader.schema, [data for data, _ in got[1:]])


def test_app_metadata_in_do_put(client):
    schema, batches = stream("sliced")
    writer, acks = client.do_put(fl.FlightDescriptor.for_path("tagged"), schema)
    with writer:
        writer.write_metadata(b"alone")
        assert acks.read().to_pybytes() == b"0:-1:alone", "acknowledged while it is written"
        writer.write_with_metadata(batches[0], b"with")
        assert acks.read().to_pybytes() == f"1:{batches[0].num_rows}:with".encode()
        writer.done_writing()
        assert acks.read() is None


def test_app_metadata_in_do_exchange(client):
    schema, batches = stream("integers")
    writer, reader = client.do_exchange(fl.FlightDescriptor.for_command(b"echo"))
    with writer:
        writer.write_metadata(b"before the schema")
        chunk = reader.read_chunk()
        assert (chunk.data, chunk.app_metadata.to_pybytes()) == (None, b"before the schema")
        writer.begin(schema)
        writer.write_with_metadata(batches[0], b"tag")
        chunk = reader.read_chunk()
        assert chunk.data.equals(batches[0]) and chunk.app_metadata.to_pybytes() == b"tag"
        writer.write_metadata(b"after")
        assert reader.read_chunk().app_metadata.to_pybytes() == b"after"
        writer.done_writing()
        with pytest.raises(StopIteration):
            reader.read_chunk()


def test_do_exchange_without_a_schema(client):
    writer, reader = client.do_exchange(fl.FlightDescriptor.for_command(b"count"))
    with writer:
        for _ in range(3):
            writer.write_metadata(b"x")
        writer.done_writing()
        assert reader.read_chunk().app_metadata.to_pybytes() == b"3"


def test_actions(client):
    assert action(client, "echo", b"\x00honk") == [b"\x00honk"] * 3
    assert action(client, "none") == []
    offered = {kind.type: kind.description for kind in client.list_actions()}
    assert offered["echo"] == "sends the body back three times"
    assert "error" in offered


@pytest.mark.parametrize("code", CODES)
def test_error_codes(client, code):
    with pytest.raises(CODES[code]) as raised:
        action(client, "error", code.encode())
    assert f"as asked: {code} ü" in str(raised.value)


@pytest.mark.parametrize("code", ["ABORTED", "ALREADY_EXISTS", "DATA_LOSS", "FAILED_PRECONDITION",
                                  "OUT_OF_RANGE", "RESOURCE_EXHAUSTED", "UNKNOWN"])
def test_error_codes_that_flight_has_no_name_for(client, code):
    with pytest.raises((pa.ArrowException, OSError)) as raised:
        action(client, "error", code.encode())
    assert f"as asked: {code} ü" in str(raised.value)


def test_unknown_names_and_actions(client):
    for call in [
        lambda: client.get_flight_info(fl.FlightDescriptor.for_path("nothing")),
        lambda: client.get_schema(fl.FlightDescriptor.for_path("nothing")),
        lambda: client.do_get(fl.Ticket("nothing")).read_all(),
    ]:
        with pytest.raises(pa.ArrowKeyError, match="no flight nothing"):
            call()
    with pytest.raises(pa.ArrowNotImplementedError, match="sing"):
        action(client, "sing")


def test_error_in_the_middle_of_a_stream(client):
    reader = client.do_get(fl.Ticket("fails"))
    assert reader.read_chunk().data.num_rows == 4
    assert reader.read_chunk().data.num_rows == 4
    with pytest.raises(fl.FlightInternalError, match="after two"):
        reader.read_chunk()


def test_refused_uploads(client):
    schema, batches = stream("integers")
    with pytest.raises(fl.FlightUnauthorizedError, match="refused, as asked"):
        put(client, fl.FlightDescriptor.for_path("refused"), schema, batches)
    writer, reader = client.do_exchange(fl.FlightDescriptor.for_command(b"refused"))
    with pytest.raises(fl.FlightUnauthorizedError, match="refused, as asked"):
        reader.read_chunk()


def cancelled(client):
    return int(action(client, "cancelled")[0])


def test_cancelling_a_read_ends_the_handler(client):
    before = cancelled(client)
    reader = client.do_get(fl.Ticket("endless"))
    for _ in range(10):
        assert reader.read_chunk().data.num_rows == 4
    reader.cancel()
    processes.eventually(lambda: cancelled(client) == before + 1)


def test_a_client_that_vanishes_ends_the_handler(ours, client):
    before = cancelled(client)
    other = fl.connect(ours.address)
    reader = other.do_get(fl.Ticket("endless"))
    reader.read_chunk()
    other.close()
    del reader
    processes.eventually(lambda: cancelled(client) == before + 1)


def test_a_deadline_reaches_the_handler(client):
    [left] = action(client, "deadline", options=fl.FlightCallOptions(timeout=50))
    # gRPC sends three digits of it, rounded up.
    assert 40_000 < int(left) <= 50_100
    assert action(client, "deadline") == [b"none"]
    before = cancelled(client)
    with pytest.raises(fl.FlightTimedOutError):
        action(client, "wait", options=fl.FlightCallOptions(timeout=0.2))
    processes.eventually(lambda: cancelled(client) == before + 1)


class Replies(fl.ClientMiddlewareFactory):
    """Keeps the response headers."""

    def __init__(self):
        self.headers = {}

    def start_call(self, info):
        return Reply(self.headers)


class Reply(fl.ClientMiddleware):
    def __init__(self, headers):
        self.headers = headers

    def received_headers(self, headers):
        self.headers.update(headers)


def test_headers_both_ways(ours):
    replies = Replies()
    with fl.connect(ours.address, middleware=[replies]) as client:
        options = fl.FlightCallOptions(headers=[(b"x-goose", b"grey"), (b"x-egg-bin", b"\x00\xff")])
        [headers] = action(client, "headers", options=options)
    assert json.loads(headers) == {"x-goose": "grey", "x-egg-bin": "00ff"}
    assert replies.headers["x-reply"] == ["heard"]
    assert replies.headers["x-reply-bin"] == [b"\x00\xff"]


def test_handshake_with_basic_token(client):
    header, value = client.authenticate_basic_token("goose", "feather")
    assert (header, value) == (b"authorization", b"Bearer token-for-goose")
    options = fl.FlightCallOptions(headers=[(header, value)])
    assert action(client, "identity", options=options) == [b"goose"]
    with pytest.raises(fl.FlightUnauthenticatedError, match="wrong password"):
        client.authenticate_basic_token("goose", "scale")


class Basic(fl.ClientAuthHandler):
    """The older handshake: the credentials in the payload, the token in `auth-token-bin`."""

    def __init__(self, password):
        super().__init__()
        self.password = password
        self.token = b""

    def authenticate(self, outgoing, incoming):
        outgoing.write(fl.BasicAuth("goose", self.password).serialize())
        self.token = incoming.read()

    def get_token(self):
        return self.token


def test_handshake_with_payloads(client):
    client.authenticate(Basic("feather"))
    assert action(client, "identity") == [b"goose"]


def test_handshake_refused(client):
    with pytest.raises(fl.FlightUnauthenticatedError, match="wrong password"):
        client.authenticate(Basic("scale"))


def test_many_readers_at_once(ours):
    want = stream("many_batches")
    failures = []

    def read():
        try:
            with fl.connect(ours.address) as client:
                reader = client.do_get(fl.Ticket("many_batches"))
                fixtures.same(want, reader.schema, [data for data, _ in chunks_of(reader)])
        except BaseException as error:  # handed to the test below
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_server_that_is_not_there(ours):
    with fl.connect("grpc://127.0.0.1:1") as client:
        with pytest.raises(fl.FlightUnavailableError):
            list(client.list_flights(options=fl.FlightCallOptions(timeout=5)))
