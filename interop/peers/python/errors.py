"""rich_errors, which is ours: an action fails with the status whose number it is called by."""

import pyarrow.flight as fl

STATUSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 40, 41, 42, 45]


def client(location):
    with fl.connect(location) as client:
        for status in STATUSES:
            number = str(status)
            try:
                list(client.do_action((number, b"")))
            except fl.FlightUnavailableError as error:
                assert str(error).startswith(f"status {number}: ärger"), str(error)
                assert error.extra_info == b"\x00\xff" + number.encode(), error.extra_info
            else:
                raise AssertionError(f"the action {number} did not fail")
