"""The scenarios about what GetFlightInfo says: ordered, location:reuse_connection,
app_metadata_flight_info_endpoint"""

import pyarrow as pa
import pyarrow.flight as fl

NUMBERS = pa.schema([pa.field("number", pa.int32(), nullable=False)])
DATA = {b"1": [1, 2, 3], b"2": [10, 20, 30], b"3": [100, 200, 300]}
REUSE = "arrow-flight-reuse-connection://?"
COMMAND = b"foobar"


class Ordered(fl.FlightServerBase):
    def get_flight_info(self, context, descriptor):
        ordered = descriptor.command == b"ordered"
        tickets = [b"1", b"2", b"3"] if ordered else [b"1", b"3", b"2"]
        endpoints = [fl.FlightEndpoint(ticket, []) for ticket in tickets]
        return fl.FlightInfo(NUMBERS, descriptor, endpoints, -1, -1, ordered)

    def do_get(self, context, ticket):
        table = pa.table({"number": DATA[ticket.ticket]}, schema=NUMBERS)
        return fl.RecordBatchStream(table)


def ordered(location):
    with fl.connect(location) as client:
        info = client.get_flight_info(fl.FlightDescriptor.for_command(b"ordered"))
        assert info.ordered
        found = []
        for endpoint in info.endpoints:
            assert not endpoint.locations, endpoint
            found += client.do_get(endpoint.ticket).read_all()["number"].to_pylist()
        assert found == sum(DATA.values(), []), found


class Reuse(fl.FlightServerBase):
    def get_flight_info(self, context, descriptor):
        endpoint = fl.FlightEndpoint(b"reuse", [REUSE])
        return fl.FlightInfo(pa.schema([]), descriptor, [endpoint], -1, -1)


def reuse(location):
    with fl.connect(location) as client:
        info = client.get_flight_info(fl.FlightDescriptor.for_command(b"reuse"))
        [endpoint] = info.endpoints
        [found] = endpoint.locations
        assert found.uri.decode() == REUSE, found


class AppMetadata(fl.FlightServerBase):
    def get_flight_info(self, context, descriptor):
        if descriptor.descriptor_type != fl.DescriptorType.CMD:
            raise pa.ArrowInvalid("a descriptor by command is expected")
        endpoint = fl.FlightEndpoint(b"", [], None, descriptor.command)
        return fl.FlightInfo(
            pa.schema([]), descriptor, [endpoint], -1, -1, False, descriptor.command
        )


def app_metadata(location):
    with fl.connect(location) as client:
        info = client.get_flight_info(fl.FlightDescriptor.for_command(COMMAND))
        assert info.app_metadata == COMMAND, info
        [endpoint] = info.endpoints
        assert endpoint.app_metadata == COMMAND, endpoint
