"""auth:basic_proto"""

import pyarrow.flight as fl

USERNAME = "arrow"
PASSWORD = "flight"


class ServerAuth(fl.ServerAuthHandler):
    def authenticate(self, outgoing, incoming):
        auth = fl.BasicAuth.deserialize(incoming.read())
        if (auth.username, auth.password) != (USERNAME.encode(), PASSWORD.encode()):
            raise fl.FlightUnauthenticatedError("the name or the password is wrong")
        outgoing.write(auth.username)

    def is_valid(self, token):
        if token != USERNAME.encode():
            raise fl.FlightUnauthenticatedError("there is no valid token")
        return token


class ClientAuth(fl.ClientAuthHandler):
    def __init__(self):
        super().__init__()
        self.token = b""

    def authenticate(self, outgoing, incoming):
        outgoing.write(fl.BasicAuth(USERNAME, PASSWORD).serialize())
        self.token = incoming.read()

    def get_token(self):
        return self.token


class Server(fl.FlightServerBase):
    def do_action(self, context, action):
        yield fl.Result(context.peer_identity())


def server(location):
    return Server(location, auth_handler=ServerAuth())


def client(location):
    with fl.connect(location) as client:
        action = fl.Action("", b"")
        try:
            list(client.do_action(action))
        except fl.FlightUnauthenticatedError:
            pass
        else:
            raise AssertionError("an action ran without a token")
        client.authenticate(ClientAuth())
        results = [result.body.to_pybytes() for result in client.do_action(action)]
        assert results == [USERNAME.encode()], results
