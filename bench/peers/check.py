"""Whether contestants serve equal data: `check.py PROGRAM..`, with a Python that has pyarrow.

Reads every workload from each program's server and compares it with the batches that the contestant
on pyarrow makes, schema and values.
"""

import subprocess
import sys
from pathlib import Path

from pyarrow import flight

sys.path.insert(0, str(Path(__file__).parent / "python"))
from workload import TABLE, Workload  # noqa: E402

BATCHES = 2


def differences(client, name):
    """What is wrong with a workload; nothing if it is as it should be."""
    workload = Workload.parse(f"{name}:{BATCHES}")
    expected = workload.batch
    reader = client.do_get(flight.Ticket(f"{name}:{BATCHES}".encode()))
    if reader.schema != expected.schema:
        yield f"schema {reader.schema}, expected {expected.schema}"
    batches = [chunk.data for chunk in reader]
    if len(batches) != BATCHES:
        yield f"{len(batches)} batches, expected {BATCHES}"
    for at, batch in enumerate(batches):
        batch.validate(full=True)
        for field, found, wanted in zip(expected.schema, batch.columns, expected.columns):
            if not found.equals(wanted):
                yield f"batch {at}, column {field.name} differs"


def check(program):
    """Prints what is wrong with a program; gives whether nothing is."""
    command = [program, "server", "--bind", "grpc://127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            uri = server.stdout.readline().removeprefix("listening on ").strip()
            with flight.connect(uri.replace("grpc://", "grpc+tcp://")) as client:
                return all([check_workload(client, program, name) for name in TABLE])
        finally:
            server.terminate()


def check_workload(client, program, name):
    try:
        found = list(differences(client, name))
    except (flight.FlightError, NotImplementedError) as error:
        if isinstance(error, NotImplementedError) or "UNIMPLEMENTED" in str(error):
            print(f"{program}: {name}: not supported")
            return True
        found = [str(error)]
    for difference in found:
        print(f"{program}: {name}: {difference}", file=sys.stderr)
    return not found


if __name__ == "__main__":
    results = [check(program) for program in sys.argv[1:]]
    sys.exit(0 if results and all(results) else 1)
