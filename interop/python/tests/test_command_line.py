"""The program `wingbeat` against `wingbeat serve` and against a pyarrow server."""

import json
import subprocess

import pyarrow as pa
import pyarrow.flight as fl
import pyarrow.parquet
import pytest

from wbinterop import data, fixtures, processes

SMALL = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "word": ["a", None, "c"]})


def wingbeat(*args, **options):
    command = [processes.program("WINGBEAT_BIN"), *map(str, args)]
    return subprocess.run(command, capture_output=True, timeout=processes.RUN_S, **options)


def ok(*args, **options):
    done = wingbeat(*args, **options)
    assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stderr.decode()}"
    return done.stdout


@pytest.fixture(scope="module")
def url(tmp_path_factory, logs):
    root = tmp_path_factory.mktemp("served")
    data.write_all(root)
    command = [processes.program("WINGBEAT_BIN"), "serve", root, "--bind", "grpc://127.0.0.1:0"]
    with processes.server(command, logs / "command-line.log") as server:
        yield server.address


@pytest.mark.parametrize("kind", data.FILES)
def test_get_reads_every_flight(url, kind, tmp_path):
    out = tmp_path / "out.arrows"
    ok("get", f"{url}/{data.FLIGHTS[kind]}", "-o", out)
    schema, batches = fixtures.read(out)
    table = pa.Table.from_batches(batches, schema)
    assert table.cast(data.TABLE.schema).equals(data.TABLE)


def test_an_upload_by_pyarrow_is_read_by_the_command_line(url, tmp_path):
    with fl.connect(url) as client:
        writer, _ = client.do_put(fl.FlightDescriptor.for_path("theirs"), SMALL.schema)
        with writer:
            writer.write_table(SMALL)
    out = tmp_path / "out.parquet"
    ok("get", f"{url}/theirs", "-o", out)
    assert pa.parquet.read_table(out).equals(SMALL)


def test_an_upload_by_the_command_line_is_read_by_pyarrow(url, tmp_path):
    file = tmp_path / "ours.parquet"
    pa.parquet.write_table(SMALL, file)
    ok("put", file, f"{url}/ours")
    with fl.connect(url) as client:
        [endpoint] = client.get_flight_info(fl.FlightDescriptor.for_path("ours")).endpoints
        assert client.do_get(endpoint.ticket).read_all().equals(SMALL)


def test_ls(url, theirs):
    assert "in_parquet" in ok("ls", url).decode()
    assert json.loads(ok("ls", url, "--json").splitlines()[0])
    assert "dictionary_changes" in ok("ls", theirs.address).decode()


@pytest.mark.parametrize("name", fixtures.ALL)
def test_get_from_a_pyarrow_server(theirs, name, tmp_path):
    out = tmp_path / "out.arrows"
    # The first endpoint and the second hold the same rows; the ticket reads them once.
    ok("get", theirs.address, "--ticket", name, "-o", out)
    fixtures.same(fixtures.ALL[name](), *fixtures.read(out))


def test_put_to_a_pyarrow_server(theirs, folder, tmp_path):
    ok("put", folder / "sliced.arrows", f"{theirs.address}/by-command-line")
    out = tmp_path / "out.arrows"
    ok("get", theirs.address, "--ticket", "uploaded:by-command-line", "-o", out)
    fixtures.same(fixtures.sliced(), *fixtures.read(out))


def test_errors_have_a_status(url, theirs):
    for address in [url, theirs.address]:
        done = wingbeat("get", f"{address}/nothing")
        assert done.returncode not in (0, 101) and done.stdout == b""
        assert b"nothing" in done.stderr
