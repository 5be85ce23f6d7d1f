"""A Flight server on pyarrow's C++. `wingbeat-interop serve` keeps the same contract.

Run as `python -m wbinterop.server FIXTURES`; prints `listening on grpc://HOST:PORT`. The contract
stands in interop/README.md.
"""

import base64
import datetime
import json
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.flight as fl

from wbinterop import fixtures

CODES = {
    "CANCELLED": fl.FlightCancelledError,
    "DEADLINE_EXCEEDED": fl.FlightTimedOutError,
    "INTERNAL": fl.FlightInternalError,
    "INVALID_ARGUMENT": pa.ArrowInvalid,
    "NOT_FOUND": pa.ArrowKeyError,
    "PERMISSION_DENIED": fl.FlightUnauthorizedError,
    "UNAUTHENTICATED": fl.FlightUnauthenticatedError,
    "UNAVAILABLE": fl.FlightUnavailableError,
    "UNIMPLEMENTED": pa.ArrowNotImplementedError,
}
# What Python raises of an Arrow status that gRPC has no code for, and of some that it has.
STATUSES = {
    "CapacityError": pa.ArrowCapacityError,
    "IndexError": pa.ArrowIndexError,
    "Invalid": pa.ArrowInvalid,
    "KeyError": pa.ArrowKeyError,
    "NotImplemented": pa.ArrowNotImplementedError,
    "OutOfMemory": pa.ArrowMemoryError,
    "SerializationError": pa.ArrowSerializationError,
    "TypeError": pa.ArrowTypeError,
}
EXPIRES = datetime.datetime(2030, 1, 1, 0, 0, 0, 123456, tzinfo=datetime.timezone.utc)
REUSE = "arrow-flight-reuse-connection://?"
TOKEN = "token-for-"


class Headers(fl.ServerMiddlewareFactory):
    """Shows the handler its request headers and answers with one."""

    def start_call(self, info, headers):
        return Seen(headers)


class Seen(fl.ServerMiddleware):
    def __init__(self, headers):
        self.headers = headers

    def sending_headers(self):
        return {"x-reply": "heard", "x-reply-bin": b"\x00\xff"}


class Basic(fl.ServerMiddlewareFactory):
    """Answers a name and a password in the header of any call with a bearer token."""

    def start_call(self, info, headers):
        kind, _, value = headers.get("authorization", [""])[0].partition(" ")
        match kind:
            case "Basic":
                user, _, password = base64.b64decode(value).decode().partition(":")
                if password != "feather":
                    raise fl.FlightUnauthenticatedError("wrong password")
                return User(user, {"authorization": f"Bearer {TOKEN}{user}"})
            case "Bearer":
                return User(value.removeprefix(TOKEN), {})
        return User("", {})


class User(fl.ServerMiddleware):
    def __init__(self, name, answer):
        self.name = name
        self.answer = answer

    def sending_headers(self):
        return self.answer


class Handshake(fl.ServerAuthHandler):
    """Hands out a token for a BasicAuth payload; calls without a token are let in. A handshake
    without a payload is a matter of its headers."""

    def authenticate(self, outgoing, incoming):
        payload = incoming.read()
        if not payload:
            return
        auth = fl.BasicAuth.deserialize(payload)
        if auth.password != b"feather":
            raise fl.FlightUnauthenticatedError("wrong password")
        outgoing.write(TOKEN.encode() + auth.username)

    def is_valid(self, token):
        return token.removeprefix(TOKEN.encode()) if token else b""


class Server(fl.FlightServerBase):
    def __init__(self, folder: Path):
        location = "grpc://127.0.0.1:0"
        middleware = {"headers": Headers(), "basic": Basic()}
        super().__init__(location, auth_handler=Handshake(), middleware=middleware)
        self.folder = folder
        self.uploads: dict[str, fixtures.Stream] = {}
        self.cancelled = 0
        self.lock = threading.Lock()

    def stream(self, name: str) -> fixtures.Stream:
        path = self.folder / f"{name}.arrows"
        if not path.is_file():
            raise pa.ArrowKeyError(f"no flight {name}")
        return fixtures.read(path)

    def info(self, name: str, descriptor: fl.FlightDescriptor) -> fl.FlightInfo:
        schema, batches = self.stream(name)
        expires = pa.scalar(EXPIRES, pa.timestamp("ns", "UTC"))
        endpoints = [
            fl.FlightEndpoint(name, []),
            fl.FlightEndpoint(name, [REUSE], expires, b"second"),
        ]
        rows = sum(batch.num_rows for batch in batches)
        return fl.FlightInfo(schema, descriptor, endpoints, rows, -1, True, f"about {name}")

    def list_flights(self, context, criteria):
        for name in sorted(fixtures.ALL):
            if name.startswith(criteria.decode()):
                yield self.info(name, fl.FlightDescriptor.for_path(name))

    def get_flight_info(self, context, descriptor):
        return self.info(named(descriptor), descriptor)

    def get_schema(self, context, descriptor):
        return fl.SchemaResult(self.stream(named(descriptor))[0])

    def do_get(self, context, ticket):
        kind, _, name = ticket.ticket.decode().rpartition(":")
        if name == "endless":
            schema, [batch] = fixtures.integers()
            return fl.GeneratorStream(schema, self.endless(context, batch))
        if name == "fails":
            schema, [batch] = fixtures.integers()
            return fl.GeneratorStream(schema, fails(batch))
        if kind == "uploaded":
            schema, batches = self.uploads[name]
        else:
            schema, batches = self.stream(name)
        if kind == "metadata":
            tagged = [(batch, str(index).encode()) for index, batch in enumerate(batches)]
            return fl.GeneratorStream(schema, iter(tagged))
        # Not a GeneratorStream: that one sends no dictionaries (pyarrow 26).
        return fl.RecordBatchStream(pa.RecordBatchReader.from_batches(schema, batches))

    def endless(self, context, batch):
        try:
            while not context.is_cancelled():
                yield batch
        finally:
            with self.lock:
                self.cancelled += 1

    def do_put(self, context, descriptor, reader, writer):
        name = named(descriptor)
        if name == "refused":
            raise fl.FlightUnauthorizedError("refused, as asked")
        batches = []
        for index, chunk in enumerate(reader):
            metadata = chunk.app_metadata.to_pybytes() if chunk.app_metadata else b""
            rows = -1 if chunk.data is None else chunk.data.num_rows
            writer.write(f"{index}:{rows}:".encode() + metadata)
            if chunk.data is not None:
                batches.append(chunk.data)
        self.uploads[name] = reader.schema, batches

    def do_exchange(self, context, descriptor, reader, writer):
        command = descriptor.command
        if command == b"refused":
            raise fl.FlightUnauthorizedError("refused, as asked")
        if command == b"count":
            count = sum(1 for _ in reader)
            writer.write_metadata(str(count).encode())
            return
        started = False
        for chunk in reader:
            if chunk.data is None:
                writer.write_metadata(chunk.app_metadata)
                continue
            if not started:
                writer.begin(chunk.data.schema)
                started = True
            if chunk.app_metadata is None:
                writer.write_batch(chunk.data)
            else:
                writer.write_with_metadata(chunk.data, chunk.app_metadata)
        if not started:
            writer.begin(reader.schema)

    def list_actions(self, context):
        return [("echo", "sends the body back three times"), ("error", "fails with a code")]

    def do_action(self, context, action):
        body = action.body.to_pybytes()
        match action.type:
            case "echo":
                return iter([fl.Result(body)] * 3)
            case "none":
                return iter([])
            case "error":
                code = body.decode()
                raise CODES[code](f"as asked: {code} ü")
            case "arrow error":
                name = body.decode()
                if name == "details":
                    raise fl.FlightUnavailableError("with details ü", b"\x00\xff")
                raise STATUSES[name](f"as asked: {name} ü")
            case "headers":
                headers = context.get_middleware("headers").headers
                mine = {key: as_text(values[0]) for key, values in headers.items()
                        if key.startswith("x-")}
                return iter([fl.Result(json.dumps(mine, sort_keys=True).encode())])
            case "identity":
                user = context.get_middleware("basic").name.encode()
                return iter([fl.Result(user or context.peer_identity())])
            case "cancelled":
                with self.lock:
                    return iter([fl.Result(str(self.cancelled).encode())])
            case "wait":
                threading.Event().wait(30)
                return iter([])
        raise pa.ArrowNotImplementedError(f"no action {action.type}")


def fails(batch):
    yield batch
    yield batch
    raise fl.FlightInternalError("after two")


def as_text(value) -> str:
    return value if isinstance(value, str) else value.hex()


def named(descriptor: fl.FlightDescriptor) -> str:
    if descriptor.path:
        return b"/".join(descriptor.path).decode()
    return descriptor.command.decode().removeprefix("info:")


def main() -> None:
    server = Server(Path(sys.argv[1]))
    print(f"listening on grpc://127.0.0.1:{server.port}", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
