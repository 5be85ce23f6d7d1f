"""What goes on around calls: rich errors, authentication, middleware, cookies and sessions."""

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from wbinterop import fixtures, languages
from wbinterop.processes import ClientError, our_client
from wbinterop.server import STATUSES


# Exceptions that a pyarrow server does not turn back into the status that they stand for.
NOT_RAISED = ["CapacityError", "SerializationError"]


@pytest.fixture(params=["ours", "theirs"])
def server(request):
    return request.getfixturevalue(request.param).address


def action(client, name, body=b"", options=None):
    return [result.body.to_pybytes() for result in client.do_action((name, body), options)]


@pytest.mark.parametrize("name", STATUSES)
def test_pyarrow_rebuilds_the_exact_status(client, name):
    with pytest.raises(STATUSES[name]) as raised:
        action(client, "arrow error", name.encode())
    assert f"as asked: {name} ü" in str(raised.value)


def test_pyarrow_reads_details(client):
    with pytest.raises(fl.FlightUnavailableError) as raised:
        action(client, "arrow error", b"details")
    assert "with details ü" in str(raised.value)
    assert raised.value.extra_info == b"\x00\xff"


@pytest.mark.parametrize("name", STATUSES)
def test_our_client_knows_the_exact_status(server, theirs, name):
    if server == theirs.address and name in NOT_RAISED:
        pytest.skip("pyarrow makes UnknownError of the exception")
    with pytest.raises(ClientError) as raised:
        our_client("action", server, "arrow error", name)
    assert raised.value.arrow_status == name
    assert f"as asked: {name} ü" in (raised.value.arrow_message or raised.value.message)


def test_our_client_reads_details(server):
    with pytest.raises(ClientError) as raised:
        our_client("action", server, "arrow error", "details")
    assert (raised.value.code, raised.value.details) == ("UNAVAILABLE", "00ff")
    assert "with details ü" in raised.value.message


@pytest.mark.parametrize("shape", ["proto", "token", "basic"])
def test_our_client_authenticates_in_each_shape(server, shape):
    report = our_client("authenticate", server, shape, "ada", "feather")
    assert report["identity"] == ["ada", "ada"]
    with pytest.raises(ClientError) as raised:
        our_client("authenticate", server, shape, "ada", "wrong")
    assert raised.value.code == "UNAUTHENTICATED"


def test_pyarrow_authenticates_with_a_basic_token(client):
    header = client.authenticate_basic_token("ada", "feather")
    options = fl.FlightCallOptions(headers=[header])
    assert action(client, "identity", options=options) == [b"ada"]
    with pytest.raises(fl.FlightUnauthenticatedError):
        client.authenticate_basic_token("ada", "wrong")


@pytest.mark.parametrize("size", [10, 10_000, 1_000_000])
def test_messages_that_pyarrow_compressed(ours, size):
    gzip = [("grpc.default_compression_algorithm", 2), ("grpc.default_compression_level", 2)]
    with fl.connect(ours.address, generic_options=gzip) as client:
        body = b"goose" * (size // 5)
        assert action(client, "echo", body) == [body] * 3
        table = pa.table({"x": [1] * size})
        writer, _ = client.do_put(fl.FlightDescriptor.for_path("gzip"), table.schema)
        with writer:
            writer.write_table(table)
        assert client.do_get(fl.Ticket("uploaded:gzip")).read_all() == table


def test_messages_that_go_compressed(logs, tmp_path):
    with languages.server("go", "gzip", logs / "go-gzip.log") as server:
        out = tmp_path / "out.arrows"
        our_client("get", server.address, "any", out)
        schema, batches = fixtures.read(out)
        table = pa.Table.from_batches(batches, schema)
        assert table.column("x").to_pylist() == list(range(10_000))
        [count] = our_client("action", server.address, "compressed", "")["results"]
        # The schema and ten batches.
        assert int(count) >= 11


class Recorder(fl.ClientMiddlewareFactory):
    """Sends headers with each call and keeps those that come back; keeps cookies, if told to."""

    def __init__(self, headers, cookies=False):
        super().__init__()
        self.headers = headers
        self.cookies = {} if cookies else None
        self.seen = []

    def start_call(self, info):
        return Recording(self)


class Recording(fl.ClientMiddleware):
    def __init__(self, recorder):
        super().__init__()
        self.recorder = recorder

    def sending_headers(self):
        headers = dict(self.recorder.headers)
        if self.recorder.cookies:
            pairs = [f"{name}={value}" for name, value in self.recorder.cookies.items()]
            headers["cookie"] = "; ".join(pairs)
        return headers

    def received_headers(self, headers):
        self.recorder.seen.append(headers)
        for line in headers.get("set-cookie", []):
            if self.recorder.cookies is None:
                continue
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "max-age=0" in attributes.lower():
                self.recorder.cookies.pop(name, None)
            else:
                self.recorder.cookies[name] = value


def test_pyarrow_middleware_sees_headers_of_calls_that_succeed_and_fail(ours):
    recorder = Recorder({"x-middleware": "expected value"})
    with fl.connect(ours.address, middleware=[recorder]) as client:
        action(client, "echo", b"x")
        with pytest.raises(pa.ArrowKeyError):
            action(client, "error", b"NOT_FOUND")
    found = [headers["x-middleware"] for headers in recorder.seen if "x-middleware" in headers]
    assert found == [["expected value"], ["expected value"]]


def test_our_middleware_sees_headers_of_calls_that_succeed_and_fail(ours):
    report = our_client("middleware", ours.address, "expected value")
    assert report["seen"] == [["expected value", "OK"], ["expected value", "NOT_FOUND"]]
    assert report["error"]["code"] == "NOT_FOUND"


def entry(name: bytes, value: bytes) -> bytes:
    """One option of a SetSessionOptionsRequest, a string."""
    text = b"\x0a" + bytes([len(value)]) + value
    pair = b"\x0a" + bytes([len(name)]) + name + b"\x12" + bytes([len(text)]) + text
    return b"\x0a" + bytes([len(pair)]) + pair


def test_a_session_of_pyarrow_by_cookie(ours):
    recorder = Recorder({}, cookies=True)
    with fl.connect(ours.address, middleware=[recorder]) as client:
        with pytest.raises(pa.ArrowKeyError, match="no session"):
            action(client, "GetSessionOptions")
        assert action(client, "SetSessionOptions", entry(b"a", b"goose")) == [b""]
        assert "arrow_flight_session_id" in recorder.cookies
        assert action(client, "GetSessionOptions") == [entry(b"a", b"goose")]
        stale = dict(recorder.cookies)
        assert action(client, "CloseSession") == [b"\x08\x01"]
        assert not recorder.cookies
        recorder.cookies = stale
        with pytest.raises(fl.FlightUnauthenticatedError, match="not valid"):
            action(client, "GetSessionOptions")
        assert not recorder.cookies


def test_a_session_of_pyarrow_by_token(ours):
    options = fl.FlightCallOptions(headers=[(b"authorization", b"Bearer token-for-session")])
    with fl.connect(ours.address) as client:
        action(client, "SetSessionOptions", entry(b"b", b"swan"), options)
        assert action(client, "GetSessionOptions", options=options) == [entry(b"b", b"swan")]
        with pytest.raises(pa.ArrowKeyError, match="no session"):
            action(client, "GetSessionOptions")


def test_a_session_of_ours(ours):
    report = our_client("session", ours.address)
    assert report == {
        "before": "NOT_FOUND",
        "errors": 0,
        "options": '{"a": Int64(1), "b": String("two")}',
        "closed": "Closed",
        "after": "NOT_FOUND",
    }
