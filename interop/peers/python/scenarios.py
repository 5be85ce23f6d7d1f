"""Every scenario by name: what makes its server, and what plays its client."""

import errors
import exchange
import expiration
import flights
import handshake
import middleware
import sessions

ALL = {
    "auth:basic_proto": (handshake.server, handshake.client),
    "middleware": (middleware.server, middleware.client),
    "ordered": (flights.Ordered, flights.ordered),
    "expiration_time:do_get": (expiration.Server, expiration.do_get),
    "expiration_time:list_actions": (expiration.Server, expiration.list_actions),
    "expiration_time:cancel_flight_info": (expiration.Server, expiration.cancel_flight_info),
    "expiration_time:renew_flight_endpoint": (expiration.Server, expiration.renew_flight_endpoint),
    "do_exchange:echo": (exchange.Server, exchange.client),
    "location:reuse_connection": (flights.Reuse, flights.reuse),
    "session_options": (sessions.server, sessions.client),
    "app_metadata_flight_info_endpoint": (flights.AppMetadata, flights.app_metadata),
    # A handler cannot say which status of C++ its exception is.
    "rich_errors": (None, errors.client),
}
