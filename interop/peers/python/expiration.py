"""expiration_time: do_get, list_actions, cancel_flight_info, renew_flight_endpoint

pyarrow has no calls for the two actions, so their messages are put together here.
"""

import datetime
import threading

import pyarrow as pa
import pyarrow.flight as fl

from protobuf import field, fields

SCHEMA = pa.schema([pa.field("number", pa.uint32(), nullable=False)])
CANCEL = "CancelFlightInfo"
RENEW = "RenewFlightEndpoint"
CANCELLED, NOT_CANCELLABLE = 1, 3


def in_seconds(seconds):
    now = datetime.datetime.now(datetime.timezone.utc)
    return pa.scalar(now + datetime.timedelta(seconds=seconds), pa.timestamp("ns", "UTC"))


class State:
    def __init__(self, expires):
        self.expires = expires
        self.reads = 0
        self.cancelled = False


class Server(fl.FlightServerBase):
    def __init__(self, location):
        super().__init__(location)
        self.lock = threading.Lock()
        self.states = []

    def get_flight_info(self, context, descriptor):
        with self.lock:
            self.states = [State(None), State(in_seconds(5)), State(in_seconds(6))]
            tickets = [b"0: No expiration time", b"1: 5 seconds", b"2: 6 seconds"]
            endpoints = [
                fl.FlightEndpoint(ticket, [], state.expires)
                for ticket, state in zip(tickets, self.states)
            ]
        return fl.FlightInfo(SCHEMA, descriptor, endpoints, -1, -1)

    def do_get(self, context, ticket):
        with self.lock:
            index, state = self.find(ticket)
            if state.cancelled:
                raise KeyError("the flight was cancelled")
            if state.expires is not None and state.expires.value < in_seconds(0).value:
                raise KeyError("the endpoint has expired")
            if state.expires is None and state.reads > 0:
                raise KeyError("the endpoint can be read once only")
            state.reads += 1
        return fl.RecordBatchStream(pa.table({"number": [index]}, schema=SCHEMA))

    def list_actions(self, context):
        return [(CANCEL, "ends a query"), (RENEW, "moves an expiration")]

    def do_action(self, context, action):
        [(_, body)] = fields(action.body.to_pybytes())
        with self.lock:
            if action.type == CANCEL:
                status = CANCELLED
                for endpoint in fl.FlightInfo.deserialize(body).endpoints:
                    _, state = self.find(endpoint.ticket)
                    status = NOT_CANCELLABLE if state.cancelled else status
                    state.cancelled = True
                result = field(1, status)
            elif action.type == RENEW:
                endpoint = fl.FlightEndpoint.deserialize(body)
                _, state = self.find(endpoint.ticket)
                if state.cancelled:
                    raise pa.ArrowInvalid("the flight was cancelled")
                state.expires = in_seconds(10)
                ticket = endpoint.ticket.ticket + b": renewed (+ 10 seconds)"
                result = fl.FlightEndpoint(ticket, [], state.expires).serialize()
            else:
                raise NotImplementedError(action.type)
        yield fl.Result(result)

    def find(self, ticket):
        index = int(ticket.ticket.split(b":")[0])
        return index, self.states[index]


def get_info(client, command):
    return client.get_flight_info(fl.FlightDescriptor.for_command(command))


def do_get(location):
    with fl.connect(location) as client:
        endpoints = get_info(client, b"expiration_time").endpoints
        expiring = [endpoint.expiration_time is not None for endpoint in endpoints]
        assert expiring == [False, True, True], expiring
        found = [client.do_get(endpoint.ticket).read_all() for endpoint in endpoints]
        assert [table["number"].to_pylist() for table in found] == [[0], [1], [2]], found


def list_actions(location):
    with fl.connect(location) as client:
        names = sorted(action.type for action in client.list_actions())
        assert names == [CANCEL, RENEW], names


def cancel_flight_info(location):
    with fl.connect(location) as client:
        info = get_info(client, b"expiration")
        [result] = client.do_action(fl.Action(CANCEL, field(1, info.serialize())))
        status = dict(fields(result.body.to_pybytes()))
        assert status == {1: CANCELLED}, status
        for endpoint in info.endpoints:
            try:
                client.do_get(endpoint.ticket).read_all()
            except (pa.ArrowException, KeyError):
                continue
            raise AssertionError("an endpoint of a cancelled flight can be read")


def renew_flight_endpoint(location):
    with fl.connect(location) as client:
        expiring = [
            endpoint
            for endpoint in get_info(client, b"expiration").endpoints
            if endpoint.expiration_time is not None
        ]
        assert len(expiring) == 2, expiring
        for endpoint in expiring:
            [result] = client.do_action(fl.Action(RENEW, field(1, endpoint.serialize())))
            after = fl.FlightEndpoint.deserialize(result.body.to_pybytes()).expiration_time
            assert after.value > endpoint.expiration_time.value, after
