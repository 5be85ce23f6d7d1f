"""session_options

pyarrow has neither the messages nor cookies, so both are put together here: the cookies by
middleware on either side.
"""

import struct
import uuid
from http.cookies import SimpleCookie

import pyarrow.flight as fl

from protobuf import field, fields, fixed64

COOKIE = "arrow_flight_session_id"
LIST = ["a", "b", "sea", "dee", " ", "  ", "geee", "(づ｡◕‿‿◕｡)づ"]
INVALID_NAME, INVALID_VALUE = 1, 2


def encode_value(value):
    if value is None:
        return b""
    if isinstance(value, str):
        return field(1, value.encode())
    if isinstance(value, int):
        return fixed64(3, value)
    if isinstance(value, float):
        return field(4, value)
    return field(5, b"".join(field(1, element.encode()) for element in value))


def decode_value(data):
    for number, value in fields(data):
        if number == 1:
            return value.decode()
        if number == 3:
            return struct.unpack("<q", value)[0]
        if number == 4:
            return struct.unpack("<d", value)[0]
        if number == 5:
            return [element.decode() for _, element in fields(value)]
    return None


def encode_map(entries, encode):
    pairs = ((key.encode(), encode(value)) for key, value in entries.items())
    return b"".join(field(1, field(1, key) + field(2, value)) for key, value in pairs)


def decode_map(data, decode):
    entries = (dict(fields(entry)) for _, entry in fields(data))
    return {entry[1].decode(): decode(entry.get(2, b"")) for entry in entries}


class Session(fl.ServerMiddleware):
    def __init__(self, identity, is_new):
        self.identity = identity
        self.is_new = is_new

    def sending_headers(self):
        return {"set-cookie": f"{COOKIE}={self.identity}"} if self.is_new else {}


class SessionFactory(fl.ServerMiddlewareFactory):
    def start_call(self, info, headers):
        for header in headers.get("cookie", []):
            if COOKIE in (cookie := SimpleCookie(header)):
                return Session(cookie[COOKIE].value, False)
        return Session(uuid.uuid4().hex, True)


class Server(fl.FlightServerBase):
    def __init__(self, location, **options):
        super().__init__(location, **options)
        self.sessions = {}

    def do_action(self, context, action):
        options = self.sessions.setdefault(context.get_middleware("session").identity, {})
        if action.type == "SetSessionOptions":
            errors = {}
            for name, value in decode_map(action.body.to_pybytes(), decode_value).items():
                if name == "lol_invalid":
                    errors[name] = INVALID_NAME
                elif value == "lol_invalid":
                    errors[name] = INVALID_VALUE
                elif value is None:
                    options.pop(name, None)
                else:
                    options[name] = value
            yield fl.Result(encode_map(errors, lambda error: field(1, error)))
        elif action.type == "GetSessionOptions":
            yield fl.Result(encode_map(options, encode_value))
        else:
            raise NotImplementedError(action.type)


def server(location):
    return Server(location, middleware={"session": SessionFactory()})


class Cookies(fl.ClientMiddleware):
    def __init__(self, jar):
        self.jar = jar

    def sending_headers(self):
        pairs = "; ".join(f"{name}={cookie.value}" for name, cookie in self.jar.items())
        return {"cookie": pairs} if pairs else {}

    def received_headers(self, headers):
        for header in headers.get("set-cookie", []):
            self.jar.load(header)


class CookiesFactory(fl.ClientMiddlewareFactory):
    def __init__(self):
        self.jar = SimpleCookie()

    def start_call(self, info):
        return Cookies(self.jar)


def client(location):
    with fl.connect(location, middleware=[CookiesFactory()]) as client:

        def act(name, body):
            [result] = client.do_action(fl.Action(name, body))
            return result.body.to_pybytes()

        def set_options(options):
            result = act("SetSessionOptions", encode_map(options, encode_value))
            return decode_map(result, lambda error: dict(fields(error))[1])

        def get_options():
            return decode_map(act("GetSessionOptions", b""), decode_value)

        good = {"foolong": 123, "bardouble": 456.0, "big_ol_string_list": LIST}
        bad = {"lol_invalid": "this won't get set", "key_with_invalid_value": "lol_invalid"}
        errors = set_options(good | bad)
        expected = {"lol_invalid": INVALID_NAME, "key_with_invalid_value": INVALID_VALUE}
        assert errors == expected, errors
        assert get_options() == good, get_options()
        text = ",".join(LIST)
        assert set_options({"foolong": None, "big_ol_string_list": text}) == {}
        left = {"bardouble": 456.0, "big_ol_string_list": text}
        assert get_options() == left, get_options()
