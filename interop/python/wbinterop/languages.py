"""Our programs on arrow-go and Arrow Java, which knock at doors and keep one: `peers/PEER/auth`."""

import os
import subprocess
from pathlib import Path

import pytest

from wbinterop import processes

LANGUAGES = ["go", "java"]


def program(language: str) -> Path:
    """Builds the program, or skips the test where a toolchain is missing; in CI that fails."""
    target = Path(processes.program("WINGBEAT_BIN")).parents[1]
    out = target / "auth-peers" / language
    build = Path(__file__).parents[2] / "peers" / language / "auth/build.sh"
    built = subprocess.run([build, out], capture_output=True, text=True)
    if built.returncode == 3 and os.environ.get("CI") != "true":
        pytest.skip(built.stderr)
    assert built.returncode == 0, built.stderr
    return out / "auth"


def run(language: str, what: str, address: str, *args, roots="") -> list:
    """Runs a client against a server; the lines that it prints."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    command = [program(language), what, host, port, roots, *args]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=processes.RUN_S)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


def server(language: str, mode: str, log: Path):
    """A server that knows ada by the password `feather`."""
    return processes.server([program(language), "serve", mode], log)
