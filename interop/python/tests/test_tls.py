"""TLS and mutual TLS, pyarrow on one side and ours on the other."""

import os
import re
import subprocess
import sys

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from wbinterop import processes
from wbinterop.secure_server import BIRDS

CSV = b"id,name\n1,goose\n2,duck\n3,\n"
BIND = ["--bind", "grpc+tls://localhost:0"]
birds = fl.FlightDescriptor.for_path("birds")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    processes.our_client("certificates", folder)
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    (root / "birds.csv").write_bytes(CSV)
    return root


def pair(pki, name):
    return pki / f"{name}.crt", pki / f"{name}.key"


def shown(pki, name):
    certificate, key = pair(pki, name)
    return {"cert_chain": certificate.read_bytes(), "private_key": key.read_bytes()}


def serve(root, log, *args, **options):
    command = [processes.program("WINGBEAT_BIN"), "serve", root, *BIND, *args]
    return processes.server(command, log, **options)


def server_pair(pki, name="server"):
    certificate, key = pair(pki, name)
    return "--tls-cert", certificate, "--tls-key", key


def read(client):
    [endpoint] = client.get_flight_info(birds).endpoints
    return client.do_get(endpoint.ticket).read_all().to_pylist()


def wingbeat(*args):
    command = [processes.program("WINGBEAT_BIN"), *map(str, args)]
    return subprocess.run(command, capture_output=True, timeout=processes.RUN_S)


def refused(client):
    with pytest.raises(fl.FlightUnavailableError):
        list(client.list_flights())


def test_pyarrow_trusts_our_server_by_its_root(pki, root, logs):
    with serve(root, logs / "tls.log", *server_pair(pki)) as server:
        assert server.address.startswith("grpc+tls://localhost:")
        trust = {"tls_root_certs": (pki / "ca.crt").read_bytes()}
        with fl.connect(server.address, **trust) as client:
            assert read(client) == BIRDS.to_pylist()
            writer, _ = client.do_put(fl.FlightDescriptor.for_path("put"), BIRDS.schema)
            with writer:
                writer.write_table(BIRDS)
            listed = {b"/".join(info.descriptor.path) for info in client.list_flights()}
            assert {b"birds", b"put"} <= listed
        with fl.connect(server.address, disable_server_verification=True) as client:
            assert read(client) == BIRDS.to_pylist()
        foreign = (pki / "foreign-ca.crt").read_bytes()
        with fl.connect(server.address, tls_root_certs=foreign) as client:
            refused(client)
        with fl.connect(server.address.replace("+tls", "")) as client:
            refused(client)


def test_a_name_of_its_own(pki, root, logs):
    with serve(root, logs / "named.log", *server_pair(pki, "elsewhere")) as server:
        trust = {"tls_root_certs": (pki / "ca.crt").read_bytes()}
        with fl.connect(server.address, **trust) as client:
            refused(client)
        named = {**trust, "override_hostname": "flights.example.org"}
        with fl.connect(server.address, **named) as client:
            assert read(client) == BIRDS.to_pylist()


def test_pyarrow_shows_its_certificate_to_our_server(pki, root, logs):
    args = [*server_pair(pki), "--tls-client-ca", pki / "ca.crt"]
    trust = {"tls_root_certs": (pki / "ca.crt").read_bytes()}
    with serve(root, logs / "mtls.log", *args) as server:
        with fl.connect(server.address, **trust, **shown(pki, "client")) as client:
            assert read(client) == BIRDS.to_pylist()
        with fl.connect(server.address, **trust, **shown(pki, "foreign")) as client:
            refused(client)
        with fl.connect(server.address, **trust) as client:
            refused(client)
        log = processes.eventually(lambda: "shows no certificate" in server.log.read_text())
        assert log and "not to be trusted" in server.log.read_text()


def test_the_policy_knows_whose_certificate_it_was(pki, root, logs, tmp_path):
    policy, tokens = tmp_path / "policy", tmp_path / "tokens"
    rule = '[[rule]]\nwho = ["user:{}"]\nmay = ["read"]\nwhat = ["birds"]\n'
    tokens.write_text("bob:bobs-very-long-token\n")
    args = [*server_pair(pki), "--tls-client-ca", pki / "ca.crt", "--auth-tokens", tokens,
            "--policy", policy]
    trust = {"tls_root_certs": (pki / "ca.crt").read_bytes()}
    for name, may in [("ada", True), ("bob", False)]:
        policy.write_text(rule.format(name))
        with serve(root, logs / f"policy-{name}.log", *args) as server:
            with fl.connect(server.address, **trust, **shown(pki, "client")) as client:
                if may:
                    assert read(client) == BIRDS.to_pylist()
                    # What is presented counts, and is not made good by the connection.
                    wrong = fl.FlightCallOptions(headers=[(b"authorization", b"Bearer wrong")])
                    with pytest.raises(fl.FlightUnauthenticatedError):
                        list(client.list_flights(options=wrong))
                else:
                    with pytest.raises(fl.FlightUnauthorizedError):
                        read(client)


def test_our_service_knows_whose_certificate_it_was(pki, folder, logs):
    tls = ["--tls", *pair(pki, "server"), pki / "ca.crt"]
    command = [processes.program("WINGBEAT_INTEROP_BIN"), "serve", folder, *BIND, *tls]
    trust = {"tls_root_certs": (pki / "ca.crt").read_bytes()}
    with processes.server(command, logs / "identity.log") as server:
        with fl.connect(server.address, **trust, **shown(pki, "client")) as client:
            [result] = client.do_action(fl.Action("identity", b""))
            assert result.body.to_pybytes() == b"ada"


def test_what_our_server_prints_about_its_certificate_works(root, logs, tmp_path):
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    with serve(root, logs / "self.log", "--tls-self-signed", env=environment) as server:
        said = server.log.read_text()
        [snippet] = re.findall(r"^ *(pyarrow\.flight\.connect\(.*\))$", said, re.M)
        with eval(snippet, {"pyarrow": pa}) as client:
            assert read(client) == BIRDS.to_pylist()
        [line] = re.findall(r"^ *wingbeat (ls .*)$", said, re.M)
        done = wingbeat(*line.split())
        assert done.returncode == 0 and b"birds\n" in done.stdout, done.stderr


def theirs(pki, log, *roots):
    command = [sys.executable, "-m", "wbinterop.secure_server", *pair(pki, "server"), *roots]
    return processes.server(command, log)


def test_we_trust_a_pyarrow_server_by_its_root(pki, logs, tmp_path):
    with theirs(pki, logs / "pyarrow-tls.log") as server:
        url = f"{server.address}/birds"
        trust = ["--tls-roots", pki / "ca.crt"]
        done = wingbeat("get", url, "--format", "csv", *trust)
        assert (done.returncode, done.stdout) == (0, CSV), done.stderr
        upload = tmp_path / "up.csv"
        upload.write_bytes(CSV)
        done = wingbeat("put", upload, f"{server.address}/up", *trust)
        assert done.returncode == 0, done.stderr
        done = wingbeat("get", f"{server.address}/up", "--format", "csv", *trust)
        assert (done.returncode, done.stdout) == (0, CSV), done.stderr
        for wrong, text in [
            (["--tls-roots", pki / "foreign-ca.crt"], b"no root that is known here"),
            ([*trust, "--tls-server-name", "else.example"], b"else.example"),
        ]:
            done = wingbeat("get", url, *wrong)
            assert done.returncode == 5 and text in done.stderr, done.stderr
        done = wingbeat("get", url.replace("+tls", ""))
        assert done.returncode == 5 and b"TLS" in done.stderr, done.stderr


def test_we_show_our_certificate_to_a_pyarrow_server(pki, logs):
    with theirs(pki, logs / "pyarrow-mtls.log", pki / "ca.crt") as server:
        def act(*name):
            flags = [part for one in name for part in zip(("--cert", "--key"), pair(pki, one))]
            return wingbeat("action", server.address, "identity", "--tls-roots", pki / "ca.crt",
                            *sum(flags, ()))

        done = act("client")
        assert (done.returncode, done.stdout.strip()) == (0, b"ada"), done
        done = act("foreign")
        assert done.returncode == 5 and b"client certificate" in done.stderr, done.stderr
        done = act()
        assert done.returncode == 5 and b"client certificate" in done.stderr, done.stderr
