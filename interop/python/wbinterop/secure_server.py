"""A pyarrow server behind TLS: `python -m wbinterop.secure_server CERT KEY [CLIENT_CA]`.

It has one flight, `birds`, keeps what is put, and the action `identity` says who calls.
"""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.flight as fl

BIRDS = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "name": ["goose", "duck", None]})


class Server(fl.FlightServerBase):
    def __init__(self, certificate: bytes, key: bytes, client_ca: bytes | None):
        super().__init__("grpc+tls://localhost:0", tls_certificates=[(certificate, key)],
                         verify_client=client_ca is not None, root_certificates=client_ca)
        self.tables = {b"birds": BIRDS}

    def get_flight_info(self, context, descriptor):
        [name] = descriptor.path
        table = self.tables[name]
        # Followed over TLS as well, with the roots and the certificate that the client has.
        location = fl.Location.for_grpc_tls("localhost", self.port)
        endpoint = fl.FlightEndpoint(name, [location])
        return fl.FlightInfo(table.schema, descriptor, [endpoint], table.num_rows, -1)

    def do_get(self, context, ticket):
        return fl.RecordBatchStream(self.tables[ticket.ticket])

    def do_put(self, context, descriptor, reader, writer):
        [name] = descriptor.path
        self.tables[name] = reader.read_all()

    def do_action(self, context, action):
        return iter([fl.Result(context.peer_identity())])


def main() -> None:
    files = [Path(path).read_bytes() for path in sys.argv[1:]]
    certificate, key, client_ca = [*files, None][:3]
    server = Server(certificate, key, client_ca)
    print(f"listening on grpc+tls://localhost:{server.port}", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
