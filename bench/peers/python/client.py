"""Moves a workload to or from a server, and times small calls."""

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, process_time

from pyarrow import flight

from workload import Workload, batch_bytes


def connect(uri):
    """A client whose connection has carried one GetFlightInfo."""
    client = flight.connect(uri.replace("grpc://", "grpc+tcp://"))
    client.get_flight_info(flight.FlightDescriptor.for_path("x"))
    return client


def run(uri, method, workload, runs):
    client = connect(uri)
    job = Job(client, Workload.parse(workload))
    bytes_of_batch = batch_bytes(job.workload.batch)
    call = {"get": job.get, "put": job.put, "exchange": job.exchange}[method]
    for _ in range(runs):
        cpu, start = process_time(), perf_counter()
        batches, first_batch = call()
        seconds, used = perf_counter() - start, process_time() - cpu
        count = batches * bytes_of_batch
        line = f"bytes={count} batches={batches} seconds={seconds:.6f}"
        line += f" GB/s={count / 1e9 / seconds:.3f} batches/s={batches / seconds:.1f}"
        if first_batch is not None:
            line += f" first_batch_ms={(first_batch - start) * 1e3:.3f}"
        print(f"{line} cpu_seconds={used:.3f}", flush=True)


class Job:
    def __init__(self, client, workload):
        self.client = client
        self.workload = workload
        self.batch = workload.batch
        self.name = f"{workload.name}:{workload.batches}"
        self.options = flight.FlightCallOptions(write_options=workload.options)

    def get(self):
        return self.read(self.client.do_get(flight.Ticket(self.name), self.options))

    def put(self):
        descriptor = flight.FlightDescriptor.for_path(self.name)
        writer, answers = self.client.do_put(descriptor, self.batch.schema, self.options)
        self.write(writer)
        answer = answers.read()
        writer.close()
        expected = str(self.workload.batches).encode()
        if answer is None or answer.to_pybytes() != expected:
            raise ValueError(f"the server answers {answer}, expected {expected}")
        return self.workload.batches, None

    def exchange(self):
        """Writes in a thread of its own, and reads in this one."""
        descriptor = flight.FlightDescriptor.for_path(self.name)
        writer, reader = self.client.do_exchange(descriptor, self.options)
        with ThreadPoolExecutor(1) as threads:

            def send():
                writer.begin(self.batch.schema, options=self.workload.options)
                self.write(writer)

            sending = threads.submit(send)
            batches, _ = self.read(reader)
            sending.result()
        writer.close()
        # Both directions.
        return 2 * batches, None

    def write(self, writer):
        for _ in range(self.workload.batches):
            writer.write_batch(self.batch)
        writer.done_writing()

    def read(self, reader):
        """Reads to the end, values untouched."""
        batches, rows, first_batch = 0, 0, None
        for chunk in reader:
            if first_batch is None:
                first_batch = perf_counter()
            batches += 1
            rows += chunk.data.num_rows
        expected = (self.workload.batches, self.workload.batches * self.batch.num_rows)
        if (batches, rows) != expected:
            raise ValueError(f"{(batches, rows)} batches and rows came, expected {expected}")
        return batches, first_batch


def latency(uri, calls):
    client = connect(uri)
    descriptor = flight.FlightDescriptor.for_path("x")
    ticket = flight.Ticket("one")

    def one():
        rows = sum(chunk.data.num_rows for chunk in client.do_get(ticket))
        if rows != 1:
            raise ValueError(f"{rows} rows came, expected 1")

    measure("get_flight_info", calls, lambda: client.get_flight_info(descriptor))
    measure("do_get", calls, one)


def measure(name, calls, call):
    for _ in range(min(calls, 100)):
        call()
    micros = []
    for _ in range(calls):
        start = perf_counter()
        call()
        micros.append((perf_counter() - start) * 1e6)
    micros.sort()
    p50, p99 = (micros[(calls - 1) * p // 100] for p in (50, 99))
    print(f"{name} calls={calls} p50_us={p50:.1f} p99_us={p99:.1f}", flush=True)
