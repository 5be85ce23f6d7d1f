"""pyarrow, Go and Java with JSON Web Tokens against a `wingbeat serve` that takes those of one
issuer: whatever is wrong with a token, the answer is the same in every call. The log has why."""

import json
import time

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from wbinterop import jwt, languages, processes

ISSUER, AUDIENCE = "https://issuer.example", "wingbeat"
ANSWER = "the credentials are missing or not valid"
# pyarrow makes a plain OSError of a failed GetSchema.
REFUSED = (fl.FlightUnauthenticatedError, OSError)


def claims(**other):
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "kim", "exp": now + 3600, **other}


class Guarded:
    def __init__(self, server):
        self.address, self.log = server.address, server.log


@pytest.fixture(scope="module")
def keys():
    # A key of somebody else, under the name of the issuer's.
    return jwt.Key("first"), jwt.Key("first")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, logs, keys):
    root, secrets = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("jwks")
    (root / "birds.csv").write_bytes(b"id,name\n1,goose\n")
    (secrets / "jwks.json").write_text(json.dumps({"keys": [keys[0].jwk()]}))
    command = [processes.program("WINGBEAT_BIN"), "serve", root, "--bind", "grpc://127.0.0.1:0",
               "--auth-jwks", secrets / "jwks.json", "--auth-issuer", ISSUER,
               "--auth-audience", AUDIENCE]
    with processes.server(command, logs / "jwt.log") as server:
        yield Guarded(server)


@pytest.fixture(scope="module")
def good(keys):
    return keys[0].token(claims())


@pytest.fixture(scope="module")
def bad(keys, good):
    """Tokens that are not good, and what the log says of them."""
    ours, foreign = keys
    head, body, signature = good.split(".")
    changed = signature[:40] + ("A" if signature[40] != "A" else "B") + signature[41:]
    return {
        f"{head}.{body}.{changed}": "InvalidSignature",
        f"{head}.{jwt.part(claims(sub='ada'))}.{signature}": "InvalidSignature",
        ours.token(claims(exp=int(time.time()) - 3600)): "ExpiredSignature",
        # By whole groups of base64.
        good[:-22]: "InvalidSignature",
        good[:60]: "InvalidToken",
        f"{head}.{body}": "InvalidToken",
        foreign.token(claims()): "InvalidSignature",
        ours.token(claims(iss="https://other.example")): "InvalidIssuer",
        ours.token(claims(aud="other")): "InvalidAudience",
        ours.confused(claims()): "the key is not for HS256",
        jwt.unsigned(claims()): "no JSON Web Token",
    }


def bearer(token):
    return fl.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token.encode())])


def put(client, name, options):
    schema = pa.schema([("id", pa.int64())])
    writer, _ = client.do_put(fl.FlightDescriptor.for_path(name), schema, options)
    with writer:
        writer.write_batch(pa.record_batch([[1]], schema))


def calls(client, name, token):
    options = bearer(token)
    path = fl.FlightDescriptor.for_path(name)
    return [
        lambda: list(client.list_flights(options=options)),
        lambda: client.get_flight_info(path, options),
        lambda: client.get_schema(path, options),
        lambda: client.do_get(fl.Ticket(name), options).read_all(),
        lambda: list(client.do_action(("drop", name.encode()), options)),
        lambda: put(client, name, options),
    ]


def test_pyarrow_with_a_good_token(guarded, good):
    with fl.connect(guarded.address) as client:
        for call in calls(client, "birds", good)[:4]:
            call()


def test_pyarrow_with_every_bad_token(guarded, bad):
    answers = set()
    with fl.connect(guarded.address) as client:
        for token in bad:
            for name in ["birds", "no"]:
                for call in calls(client, name, token):
                    with pytest.raises(REFUSED, match=ANSWER) as raised:
                        call()
                    answers.add(str(raised.value).split(" (request id")[0].split(": ")[-1])
    assert answers == {ANSWER}


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_another_language_with_good_and_bad_tokens(guarded, good, bad, language):
    lines = languages.run(language, "tokens", guarded.address, "birds", good, *bad)
    code = {"go": "Unauthenticated", "java": "UNAUTHENTICATED"}[language]
    assert lines == ["let in", f"{code}: {ANSWER}"]


def test_the_log_says_why(guarded, good, bad):
    for token, reason in bad.items():
        before = len(guarded.log.read_text())
        with fl.connect(guarded.address) as client, pytest.raises(REFUSED):
            list(client.list_flights(options=bearer(token)))
        [line] = [line for line in guarded.log.read_text()[before:].splitlines()
                  if "not authenticated" in line]
        assert reason in line, line
    log = guarded.log.read_text()
    for piece in ".".join([good, *bad]).split("."):
        assert not piece or piece not in log
