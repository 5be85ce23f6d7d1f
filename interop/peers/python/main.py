"""Our scenarios on pyarrow, with the contract of Arrow's harness.

    main.py server --port=N --scenario=NAME
    main.py client --host=HOST --port=N --scenario=NAME
"""

import argparse
import sys

import scenarios


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["server", "client"])
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--scenario", required=True, choices=scenarios.ALL)
    args = parser.parse_args()
    make_server, run_client = scenarios.ALL[args.scenario]
    if args.role == "client":
        run_client(f"grpc://{args.host}:{args.port}")
        return
    server = make_server(f"grpc://127.0.0.1:{args.port}")
    print(f"Server listening on localhost:{server.port}", flush=True)
    server.serve()


if __name__ == "__main__":
    sys.exit(main())
