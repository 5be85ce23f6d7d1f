"""Starts servers and runs programs; every server listens on a port that the system chose."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

READY = "listening on "
START_S = 60
RUN_S = 120


def program(variable: str) -> str:
    """The path of one of our programs, as `cargo xtask interop` hands it over."""
    path = os.environ.get(variable)
    assert path, f"{variable} is not set: run these tests with `cargo xtask interop`"
    assert Path(path).is_file(), f"{path} is missing: run `cargo xtask interop`"
    return path


@contextlib.contextmanager
def server(command, log: Path, listeners: int = 1, **options):
    """Runs a server until the block ends; gives its addresses."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=stderr, text=True, **options)
    lines: queue.Queue = queue.Queue()
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    try:
        addresses = [_address(process, lines, log) for _ in range(listeners)]
        yield Running(process, addresses, log)
    finally:
        died = process.poll()
        if died is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    assert died in (None, 0), f"the server ended by itself: {died}\n{log.read_text()[-4000:]}"


class Running:
    """A server that listens."""

    def __init__(self, process, addresses, log):
        self.process = process
        self.addresses = addresses
        self.log = log

    @property
    def address(self) -> str:
        return self.addresses[0]


def _pump(stdout, lines) -> None:
    for line in stdout:
        lines.put(line)
    lines.put(None)


def _address(process, lines, log) -> str:
    try:
        line = lines.get(timeout=START_S)
    except queue.Empty:
        raise AssertionError(f"no listener after {START_S} s: {log.read_text()}") from None
    assert line is not None, f"the server ended: {process.wait()} {log.read_text()}"
    assert line.startswith(READY), f"expected `{READY}ADDRESS`, got {line!r}"
    return line.removeprefix(READY).strip()


def pyarrow_server(folder: Path, log: Path):
    """The server of `wbinterop.server`."""
    return server([sys.executable, "-m", "wbinterop.server", folder], log)


def our_server(folder: Path, log: Path):
    """`wingbeat-interop serve`."""
    return server([program("WINGBEAT_INTEROP_BIN"), "serve", folder], log)


class ClientError(Exception):
    """Our client ended with an error that it understood."""

    def __init__(self, report: dict):
        super().__init__(report)
        self.code = report["code"]
        self.message = report["message"]
        self.origin = report["origin"]
        self.details = report["details"]
        self.arrow_status = report["arrow_status"]
        self.arrow_message = report["arrow_message"]


def our_client(*args) -> dict:
    """Runs `wingbeat-interop` and returns the JSON that it printed."""
    command = [program("WINGBEAT_INTEROP_BIN"), *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S)
    if done.returncode == 1 and done.stdout:
        raise ClientError(json.loads(done.stdout))
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


def eventually(check, seconds: float = 20.0):
    """Calls `check` until it returns something true; for effects on the other side of a wire."""
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {seconds} s: {check}"
        time.sleep(0.02)  # between two looks at another process
