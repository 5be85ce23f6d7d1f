"""pyarrow, Go, Java and the command line against a `wingbeat serve` that lets in only whom it
knows, and our client against a pyarrow server that does."""

import json
import os
import subprocess

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from wbinterop import languages, processes

TOKEN = "bobs-very-long-token"
POLICY = """
[[rule]]
who = ["user:ada"]
may = ["read", "write", "drop"]
what = ["*"]

[[rule]]
who = ["anyone"]
may = ["read"]
what = ["public"]
"""
TABLE = pa.table({"id": [1, 2, 3]})
path = fl.FlightDescriptor.for_path
# pyarrow makes a plain OSError of a failed GetSchema.
UNKNOWN = (fl.FlightUnauthenticatedError, OSError)
NOT_ALLOWED = (fl.FlightUnauthorizedError, OSError)


class Guarded:
    def __init__(self, server, secrets):
        self.address = server.address
        self.server = server
        self.secrets = secrets


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, logs):
    root, secrets = tmp_path_factory.mktemp("guarded"), tmp_path_factory.mktemp("secrets")
    wingbeat = processes.program("WINGBEAT_BIN")
    line = subprocess.run([wingbeat, "passwd", "ada"], input="secret", capture_output=True,
                          text=True, check=True).stdout
    (secrets / "users").write_text(line)
    (secrets / "tokens").write_text(f"bob:{TOKEN}\n")
    (secrets / "token").write_text(TOKEN)
    (secrets / "password").write_text("secret")
    (secrets / "policy").write_text(POLICY)
    with serve(root, secrets, logs / "guarded.log", "--bind", "grpc://127.0.0.1:0") as server:
        yield Guarded(server, secrets)


def serve(root, secrets, log, *args):
    command = [processes.program("WINGBEAT_BIN"), "serve", root, *args, "--sessions",
               "--auth-users", secrets / "users", "--auth-tokens", secrets / "tokens",
               "--policy", secrets / "policy"]
    return processes.server(command, log)


@pytest.fixture
def client(guarded):
    with fl.connect(guarded.address) as client:
        yield client


def bearer(token):
    return fl.FlightCallOptions(headers=[(b"authorization", f"Bearer {token}".encode())])


def ada(client):
    return fl.FlightCallOptions(headers=[client.authenticate_basic_token("ada", "secret")])


def put(client, name, options):
    writer, _ = client.do_put(path(name), TABLE.schema, options)
    with writer:
        writer.write_table(TABLE)


def test_a_basic_token(client):
    options = ada(client)
    put(client, "private/a", options)
    put(client, "public/a", options)
    info = client.get_flight_info(path("private/a"), options)
    assert client.do_get(info.endpoints[0].ticket, options).read_all().equals(TABLE)


def test_a_bearer_header_and_the_policy(client):
    options = ada(client)
    put(client, "private/a", options)
    put(client, "public/a", options)
    theirs = client.get_flight_info(path("private/a"), options).endpoints[0].ticket
    bob = bearer(TOKEN)
    names = [info.descriptor.path[0] for info in client.list_flights(options=bob)]
    assert names == [b"public"]
    assert client.do_get(fl.Ticket("public/a"), bob).read_all().equals(TABLE)
    answers = set()
    for call in [
        lambda: client.get_flight_info(path("private/a"), bob),
        lambda: client.get_flight_info(path("private/no"), bob),
        lambda: client.get_schema(path("private/no"), bob),
        lambda: client.do_get(fl.Ticket("private/no"), bob).read_all(),
        lambda: client.do_get(theirs, bob).read_all(),
        lambda: put(client, "public/a", bob),
        lambda: list(client.do_action(("drop", b"private/no"), bob)),
    ]:
        with pytest.raises(NOT_ALLOWED) as raised:
            call()
        answers.add(str(raised.value).split(" (request id")[0])
    assert len({answer.split(". ")[0] for answer in answers}) == 1, answers
    assert "may not do this" in answers.pop()


@pytest.mark.parametrize("options", [None, bearer("wrong"), bearer(TOKEN[:-1])])
def test_strangers(client, options):
    options = options or fl.FlightCallOptions()
    for call in [
        lambda: list(client.list_flights(options=options)),
        lambda: client.get_flight_info(path("public/a"), options),
        lambda: client.get_schema(path("public/a"), options),
        lambda: client.do_get(fl.Ticket("public/a"), options).read_all(),
        lambda: put(client, "public/b", options),
        lambda: list(client.do_action(("server_info", b""), options)),
        lambda: client.list_actions(options),
    ]:
        with pytest.raises(UNKNOWN, match="missing or not valid"):
            call()
    for user in ["ada", "eve"]:
        with pytest.raises(fl.FlightUnauthenticatedError, match="missing or not valid"):
            client.authenticate_basic_token(user, "wrong")


class BasicAuth(fl.ClientAuthHandler):
    """The handshake of older clients: a BasicAuth message, and a token from then on."""

    def __init__(self, user, password):
        super().__init__()
        self.auth = fl.BasicAuth(user, password)
        self.token = None

    def authenticate(self, outgoing, incoming):
        outgoing.write(self.auth.serialize())
        self.token = incoming.read()

    def get_token(self):
        return self.token


def test_a_handshake_with_a_payload(client):
    client.authenticate(BasicAuth("ada", "secret"))
    put(client, "private/b", None)
    [info] = [*client.do_action(("server_info", b""))]
    assert json.loads(info.body.to_pybytes())["name"] == "wingbeat"
    with pytest.raises(fl.FlightUnauthenticatedError, match="missing or not valid"):
        client.authenticate(BasicAuth("ada", "wrong"))


class Login(fl.ClientMiddlewareFactory):
    """Sends the password until the server hands out a token; keeps that, and cookies."""

    def __init__(self, header):
        super().__init__()
        self.header, self.cookies = header, {}

    def start_call(self, info):
        return LoginOfCall(self)


class LoginOfCall(fl.ClientMiddleware):
    def __init__(self, login):
        super().__init__()
        self.login = login

    def sending_headers(self):
        headers = {"authorization": self.login.header}
        if self.login.cookies:
            headers["cookie"] = "; ".join(f"{k}={v}" for k, v in self.login.cookies.items())
        return headers

    def received_headers(self, headers):
        for value in headers.get("authorization", []):
            self.login.header = value
        for value in headers.get("set-cookie", []):
            name, _, value = value.split(";")[0].partition("=")
            self.login.cookies[name] = value


# SetSessionOptionsRequest {session_options: {"size": {string_value: "tall"}}}
SET_SIZE = bytes([0x0A, 0x0E, 0x0A, 0x04]) + b"size" + bytes([0x12, 0x06, 0x0A, 0x04]) + b"tall"


# Without and with the padding that the Go client leaves out.
@pytest.mark.parametrize("basic", ["Basic YWRhOnNlY3JldA", "Basic YWRhOnNlY3JldA=="])
def test_middleware_gets_a_token_and_a_session(guarded, basic):
    login = Login(basic)
    with fl.connect(guarded.address, middleware=[login]) as client:
        list(client.do_action(("server_info", b"")))
        assert login.header.startswith("Bearer ")
        list(client.do_action(("SetSessionOptions", SET_SIZE)))
        assert "arrow_flight_session_id" in login.cookies
        [options] = client.do_action(("GetSessionOptions", b""))
        assert b"size" in options.body.to_pybytes() and b"tall" in options.body.to_pybytes()
    # The session is ada's: bob's token does not open it, nor is a made-up one told apart.
    for cookie in [login.cookies["arrow_flight_session_id"], "0123456789abcdef" * 2]:
        thief = Login(f"Bearer {TOKEN}")
        thief.cookies["arrow_flight_session_id"] = cookie
        with fl.connect(guarded.address, middleware=[thief]) as client:
            with pytest.raises(fl.FlightUnauthenticatedError, match="session is not valid"):
                list(client.do_action(("GetSessionOptions", b"")))


def test_a_header_list_over_the_limit(client):
    headers = [(b"authorization", b"Bearer " + b"x" * 70_000)]
    for _ in range(2):
        # HTTP's answer, for which gRPC has no code of its own.
        with pytest.raises(fl.FlightServerError, match="http2 header with status: 431"):
            list(client.list_flights(options=fl.FlightCallOptions(headers=headers)))
        # The connection serves the next call.
        assert list(client.do_action(("healthcheck", b""), bearer(TOKEN))) == []


def wingbeat(*args, **environment):
    command = [processes.program("WINGBEAT_BIN"), *map(str, args)]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WINGBEAT_")}
    return subprocess.run(command, capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, env={**kept, **environment})


class PasswordServer(fl.FlightServerBase):
    """Knows ada by her password and by the token that she gets for it."""

    def do_action(self, context, action):
        yield fl.Result(context.get_middleware("auth").user.encode())

    def list_actions(self, context):
        return [("who", "who calls")]


class Door(fl.ServerMiddlewareFactory):
    def start_call(self, info, headers):
        [value] = headers.get("authorization", [""])
        if value == "Basic YWRhOnNlY3JldA==":
            return Known("ada", "token-of-ada")
        if value == "Bearer token-of-ada":
            return Known("ada by token", None)
        raise fl.FlightUnauthenticatedError("who are you?")


class Known(fl.ServerMiddleware):
    def __init__(self, user, token):
        super().__init__()
        self.user, self.token = user, token

    def sending_headers(self):
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


def test_our_client_at_pyarrows_door(guarded):
    with PasswordServer("grpc://127.0.0.1:0", auth_handler=None,
                        middleware={"auth": Door()}) as server:
        address = f"grpc://127.0.0.1:{server.port}"
        password = guarded.secrets / "password"
        run = wingbeat("action", address, "who", "--user", "ada", "--password-file", password)
        assert (run.returncode, run.stdout.strip()) == (0, "ada"), run.stderr
        run = wingbeat("action", address, "who", WINGBEAT_TOKEN="token-of-ada")
        assert (run.returncode, run.stdout.strip()) == (0, "ada by token"), run.stderr
        run = wingbeat("action", address, "who", WINGBEAT_TOKEN="another")
        assert run.returncode == 4 and "who are you?" in run.stderr, run


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_another_language(guarded, language):
    steps = languages.run(language, "login", guarded.address, "ada", "secret", TOKEN)
    assert steps == ["strangers refused", "basic token", "cookie", "bearer"]


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_another_language_behind_tls(guarded, tmp_path, logs, language):
    processes.our_client("certificates", tmp_path)
    log = logs / f"{language}-tls.log"
    pair = ["--tls-cert", tmp_path / "server.crt", "--tls-key", tmp_path / "server.key"]
    tls = ["--bind", "grpc+tls://localhost:0", *pair]
    with serve(tmp_path, guarded.secrets, log, *tls) as server:
        steps = languages.run(language, "login", server.address, "ada", "secret", TOKEN,
                              roots=tmp_path / "ca.crt")
        assert steps == ["strangers refused", "basic token", "cookie", "bearer"]
        with pytest.raises(AssertionError, match="(?i)certificate|unavailable"):
            languages.run(language, "login", server.address, "ada", "secret", TOKEN,
                          roots=tmp_path / "foreign-ca.crt")


# arrow-go's middleware takes a password in a handshake alone.
@pytest.mark.parametrize("language, mode, shape", [
    ("go", "header", "token"), ("go", "payload", "proto"),
    ("java", "header", "token"), ("java", "header", "basic"), ("java", "payload", "proto"),
])
def test_our_client_at_another_languages_door(logs, language, mode, shape):
    with languages.server(language, mode, logs / f"{language}-{mode}-{shape}.log") as server:
        report = processes.our_client("authenticate", server.address, shape, "ada", "feather")
        assert report["identity"] == ["ada", "ada"]
        with pytest.raises(processes.ClientError) as raised:
            processes.our_client("authenticate", server.address, shape, "ada", "wrong")
        assert raised.value.code == "UNAUTHENTICATED"


def test_the_log_says_what_strangers_are_not_told(guarded):
    run = wingbeat("ls", guarded.address, "--user", "mallory", WINGBEAT_PASSWORD="xyzzy")
    assert run.returncode == 4 and "missing or not valid" in run.stderr
    log = guarded.server.log.read_text()
    assert 'user="mallory" reason="no token is presented; no such user"' in log
    for secret in ["xyzzy", TOKEN, "$argon2", "YWRhOnNlY3JldA"]:
        assert secret not in log
