"""Our client against a pyarrow server, and against our own where pyarrow has no such call."""

import json

import pytest

from wbinterop import fixtures
from wbinterop.processes import ClientError, eventually, our_client
from wbinterop.server import CODES, REUSE

# The other codes say that the call was wrong, not the server.
PEERS_FAULT = ["DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE"]


@pytest.fixture(params=["ours", "theirs"])
def server(request):
    return request.getfixturevalue(request.param).address


def stream(name):
    return (fixtures.ALL | fixtures.LARGE)[name]()


@pytest.mark.parametrize("name", fixtures.ALL)
def test_do_get_every_type(server, name, tmp_path):
    out = tmp_path / "out.arrows"
    our_client("get", server, name, out)
    fixtures.same(stream(name), *fixtures.read(out))


@pytest.mark.parametrize("name", fixtures.ALL)
def test_do_put_every_type(server, name, folder, tmp_path):
    _, batches = stream(name)
    report = our_client("put", server, f"put-{name}", folder / f"{name}.arrows")
    assert report["acks"] == [f"{i}:{batch.num_rows}:" for i, batch in enumerate(batches)]
    out = tmp_path / "out.arrows"
    our_client("get", server, f"uploaded:put-{name}", out)
    fixtures.same(stream(name), *fixtures.read(out))


@pytest.mark.parametrize("name", fixtures.ALL)
def test_do_exchange_echoes_every_type(server, name, folder, tmp_path):
    out = tmp_path / "out.arrows"
    our_client("exchange", server, "echo", folder / f"{name}.arrows", out)
    fixtures.same(stream(name), *fixtures.read(out))


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
@pytest.mark.parametrize("name", ["integers", "strings", "sliced", "dictionaries", "many_batches"])
def test_compressed_upload(server, name, codec, folder, tmp_path):
    our_client("put", server, f"{codec}-{name}", folder / f"{name}.arrows", "--compression", codec)
    out = tmp_path / "out.arrows"
    our_client("get", server, f"uploaded:{codec}-{name}", out)
    fixtures.same(stream(name), *fixtures.read(out))


def test_dictionary_deltas_are_understood(server, folder, tmp_path):
    our_client("put", server, "deltas", folder / "dictionary_changes.arrows", "--deltas")
    out = tmp_path / "out.arrows"
    our_client("get", server, "uploaded:deltas", out)
    fixtures.same(stream("dictionary_changes"), *fixtures.read(out))


@pytest.mark.parametrize("whole", [[], ["--whole"]])
def test_100_mb_batch_both_ways(server, folder, tmp_path, whole):
    file = folder / "hundred_megabytes.arrows"
    report = our_client("put", server, "large", file, *whole)
    assert (len(report["acks"]) == 1) == bool(whole)
    out = tmp_path / "out.arrows"
    our_client("get", server, "uploaded:large", out)
    fixtures.same(stream("hundred_megabytes"), *fixtures.read(out))


def test_list_flights(server):
    assert our_client("list", server, "")["names"] == sorted(fixtures.ALL)
    assert our_client("list", server, "dict")["names"] == ["dictionaries", "dictionary_changes"]


@pytest.mark.parametrize("kind", ["path", "command"])
def test_get_flight_info(server, kind):
    name = {"path": "metadata", "command": "info:metadata"}[kind]
    info = our_client("info", server, f"--{kind}", name)
    assert info == {
        "descriptor": {kind: [name] if kind == "path" else name},
        "total_records": 2, "total_bytes": -1, "ordered": True,
        "app_metadata": "about metadata",
        "endpoints": [
            {"ticket": "metadata", "locations": [], "expiration_time": None, "app_metadata": ""},
            {"ticket": "metadata", "locations": [REUSE], "app_metadata": "second",
             "expiration_time": [1893456000, 123456000]},
        ],
    }


@pytest.mark.parametrize("name", fixtures.ALL)
def test_get_schema(server, name, tmp_path):
    for call in ["schema", "info-schema"]:
        out = tmp_path / f"{call}.arrows"
        our_client(call, server, name, out)
        assert fixtures.read(out)[0].equals(stream(name)[0], check_metadata=True), call


def test_app_metadata_in_do_get(server, tmp_path):
    report = our_client("get", server, "metadata:many_batches", tmp_path / "out.arrows")
    # pyarrow's server cannot send a message without data in DoGet.
    tags = [tag for tag in report["app_metadata"] if tag != "before"]
    assert tags == [str(i) for i in range(200)]
    fixtures.same(stream("many_batches"), *fixtures.read(tmp_path / "out.arrows"))


def test_app_metadata_in_do_put(server, folder):
    file = folder / "sliced.arrows"
    report = our_client("put", server, "tagged", file, "--metadata")
    assert report["acks"] == ["0:-1:alone", "1:50:0", "2:0:1", "3:13:2", "4:1:3"]


def test_app_metadata_in_do_exchange(server, folder, tmp_path):
    file = folder / "sliced.arrows"
    report = our_client("exchange", server, "echo", file, tmp_path / "out.arrows", "--metadata")
    assert report["app_metadata"] == ["alone", "0", "1", "2", "3"]


def test_do_exchange_without_a_schema(server):
    assert our_client("count", server, 3)["app_metadata"] == ["3"]


def test_actions(server):
    assert our_client("action", server, "echo", "honk")["results"] == ["honk"] * 3
    assert our_client("action", server, "none", "")["results"] == []
    actions = our_client("actions", server)["actions"]
    assert actions["echo"] == "sends the body back three times"


@pytest.mark.parametrize("code", CODES)
def test_error_codes(server, code):
    with pytest.raises(ClientError) as raised:
        our_client("action", server, "error", code)
    fault = "peer" if code in PEERS_FAULT else "caller"
    assert (raised.value.code, raised.value.origin) == (code, fault)
    assert f"as asked: {code} ü" in raised.value.message


def test_unknown_names_and_actions(server, tmp_path):
    for call in [["get", server, "nothing", tmp_path / "x"], ["info", server, "--path", "nothing"],
                 ["schema", server, "nothing", tmp_path / "x"]]:
        with pytest.raises(ClientError) as raised:
            our_client(*call)
        assert raised.value.code == "NOT_FOUND"
        assert "no flight nothing" in raised.value.message
    with pytest.raises(ClientError) as raised:
        our_client("action", server, "sing", "")
    assert raised.value.code == "UNIMPLEMENTED"


def test_error_in_the_middle_of_a_stream(server, tmp_path):
    with pytest.raises(ClientError) as raised:
        our_client("get", server, "fails", tmp_path / "out.arrows")
    assert raised.value.code == "INTERNAL"
    assert "after two" in raised.value.message


def test_refused_uploads(server, folder, tmp_path):
    file = folder / "many_batches.arrows"
    for call in [["put", server, "refused", file],
                 ["exchange", server, "refused", file, tmp_path / "out.arrows"]]:
        with pytest.raises(ClientError) as raised:
            our_client(*call)
        assert raised.value.code == "PERMISSION_DENIED"
        assert "refused, as asked" in raised.value.message


def test_dropping_a_read_ends_the_handler(server):
    def cancelled():
        return int(our_client("action", server, "cancelled", "")["results"][0])

    before = cancelled()
    # Reads ten chunks, drops the stream, and then waits on the same connection.
    assert our_client("drop", server, "endless", 10, before)["chunks"] == 10
    eventually(lambda: cancelled() == before + 1)


def test_deadline(server):
    with pytest.raises(ClientError) as raised:
        our_client("action", server, "wait", "", "--timeout-ms", 200)
    assert raised.value.code == "DEADLINE_EXCEEDED"


def test_headers_both_ways(server):
    report = our_client("action", server, "headers", "", "-H", "x-goose=grey")
    [headers] = report["results"]
    assert json.loads(headers) == {"x-goose": "grey"}


def test_handshake_with_payloads(server):
    assert our_client("handshake", server, "goose", "feather")["payload"] == "token-for-goose"
    with pytest.raises(ClientError) as raised:
        our_client("handshake", server, "goose", "scale")
    assert raised.value.code == "UNAUTHENTICATED"
    assert "wrong password" in raised.value.message


def test_poll_flight_info(ours):
    info = our_client("poll", ours.address, "metadata")
    assert info == {"total_records": 2, "descriptor": None, "progress": 1.0}


def test_a_server_that_is_not_there():
    with pytest.raises(ClientError) as raised:
        our_client("actions", "grpc://127.0.0.1:1", "--timeout-ms", 5000)
    assert raised.value.code == "UNAVAILABLE"
