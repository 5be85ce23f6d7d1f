"""Serves the workloads from memory."""

import signal
from functools import cache

import pyarrow as pa
from pyarrow import flight

from workload import Workload


class Server(flight.FlightServerBase):
    def get_flight_info(self, context, descriptor):
        schema = pa.schema([("x", pa.int64())])
        endpoints = [flight.FlightEndpoint(b"one", [])]
        return flight.FlightInfo(schema, descriptor, endpoints, -1, -1)

    def do_get(self, context, ticket):
        workload = Workload.parse(ticket.ticket.decode())
        return flight.RecordBatchStream(table(workload), options=workload.options)

    def do_put(self, context, descriptor, reader, writer):
        batches = sum(1 for _ in reader)
        writer.write(pa.py_buffer(str(batches).encode()))

    def do_exchange(self, context, descriptor, reader, writer):
        workload = Workload.parse(descriptor.path[0].decode())
        writer.begin(reader.schema, options=workload.options)
        for chunk in reader:
            writer.write_batch(chunk.data)


@cache
def table(workload):
    """The batch as often as it is sent; C++ walks it without the interpreter."""
    batch = workload.batch
    return pa.Table.from_batches([batch] * workload.batches, batch.schema)


def run(uri):
    server = Server(uri.replace("grpc://", "grpc+tcp://"))
    if not uri.startswith("grpc+unix://"):
        uri = f"{uri.rpartition(':')[0]}:{server.port}"
    # `serve` ends on those signals that Python handles.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    print(f"listening on {uri}", flush=True)
    server.serve()
