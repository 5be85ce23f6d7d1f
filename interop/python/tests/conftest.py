"""Fixtures: a folder with the streams, one server of each kind, a pyarrow client."""

import pyarrow.flight as fl
import pytest

from wbinterop import fixtures, processes


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fixtures")
    fixtures.write_all(folder)
    return folder


@pytest.fixture(scope="session")
def logs(tmp_path_factory):
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def ours(folder, logs):
    with processes.our_server(folder, logs / "wingbeat.log") as server:
        yield server


@pytest.fixture(scope="session")
def theirs(folder, logs):
    with processes.pyarrow_server(folder, logs / "pyarrow.log") as server:
        yield server


@pytest.fixture
def client(ours):
    with fl.connect(ours.address) as client:
        yield client
