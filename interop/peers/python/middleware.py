"""middleware"""

import pyarrow as pa
import pyarrow.flight as fl

NAME = "x-middleware"
VALUE = "expected value"


class Echo(fl.ServerMiddleware):
    def __init__(self, value):
        self.value = value

    def sending_headers(self):
        return {NAME: self.value}


class EchoFactory(fl.ServerMiddlewareFactory):
    def start_call(self, info, headers):
        return Echo(headers.get(NAME, [""])[0])


class Recorder(fl.ClientMiddleware):
    def __init__(self, factory):
        self.factory = factory

    def sending_headers(self):
        return {NAME: VALUE}

    def received_headers(self, headers):
        if NAME in headers:
            self.factory.received = headers[NAME]


class RecorderFactory(fl.ClientMiddlewareFactory):
    def __init__(self):
        self.received = None

    def start_call(self, info):
        return Recorder(self)


class Server(fl.FlightServerBase):
    def get_flight_info(self, context, descriptor):
        if descriptor.command != b"success":
            raise pa.ArrowException("Unknown")
        # Nobody listens there: the flight is not read.
        endpoint = fl.FlightEndpoint(b"foo", ["grpc+tcp://localhost:10010"])
        return fl.FlightInfo(pa.schema([]), descriptor, [endpoint], -1, -1)


def server(location):
    return Server(location, middleware={"echo": EchoFactory()})


def client(location):
    recorder = RecorderFactory()
    with fl.connect(location, middleware=[recorder]) as client:
        try:
            client.get_flight_info(fl.FlightDescriptor.for_command(b""))
        except pa.ArrowException:
            pass
        else:
            raise AssertionError("a call succeeded that has to fail")
        assert recorder.received == [VALUE], recorder.received
        recorder.received = None
        client.get_flight_info(fl.FlightDescriptor.for_command(b"success"))
        assert recorder.received == [VALUE], recorder.received
