"""The contestant on pyarrow."""

import sys

import client
import server

USAGE = """\
usage: peer server --bind URI
       peer client URI get|put|exchange WORKLOAD RUNS
       peer latency URI N"""


def main(words):
    match words:
        case ["server", "--bind", uri]:
            server.run(uri)
        case ["client", uri, "get" | "put" | "exchange" as method, workload, runs]:
            client.run(uri, method, workload, int(runs))
        case ["latency", uri, calls]:
            client.latency(uri, int(calls))
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
