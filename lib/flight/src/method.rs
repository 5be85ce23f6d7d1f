//! The ten RPCs of `arrow.flight.protocol.FlightService`.

use std::fmt;

use crate::Error;

/// The path under which the RPCs lie, without the slash after it.
pub(crate) const SERVICE_PATH: &str = "/arrow.flight.protocol.FlightService";

/// One of Flight's RPCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum Method {
    Handshake,
    ListFlights,
    GetFlightInfo,
    PollFlightInfo,
    GetSchema,
    DoGet,
    DoPut,
    DoExchange,
    DoAction,
    ListActions,
}

impl Method {
    /// All of them, in the order of the specification.
    pub const ALL: [Self; 10] = [
        Self::Handshake,
        Self::ListFlights,
        Self::GetFlightInfo,
        Self::PollFlightInfo,
        Self::GetSchema,
        Self::DoGet,
        Self::DoPut,
        Self::DoExchange,
        Self::DoAction,
        Self::ListActions,
    ];

    /// The name in the specification, `DoGet`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Handshake => "Handshake",
            Self::ListFlights => "ListFlights",
            Self::GetFlightInfo => "GetFlightInfo",
            Self::PollFlightInfo => "PollFlightInfo",
            Self::GetSchema => "GetSchema",
            Self::DoGet => "DoGet",
            Self::DoPut => "DoPut",
            Self::DoExchange => "DoExchange",
            Self::DoAction => "DoAction",
            Self::ListActions => "ListActions",
        }
    }

    /// The path of the HTTP request, `/arrow.flight.protocol.FlightService/DoGet`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Handshake => "/arrow.flight.protocol.FlightService/Handshake",
            Self::ListFlights => "/arrow.flight.protocol.FlightService/ListFlights",
            Self::GetFlightInfo => "/arrow.flight.protocol.FlightService/GetFlightInfo",
            Self::PollFlightInfo => "/arrow.flight.protocol.FlightService/PollFlightInfo",
            Self::GetSchema => "/arrow.flight.protocol.FlightService/GetSchema",
            Self::DoGet => "/arrow.flight.protocol.FlightService/DoGet",
            Self::DoPut => "/arrow.flight.protocol.FlightService/DoPut",
            Self::DoExchange => "/arrow.flight.protocol.FlightService/DoExchange",
            Self::DoAction => "/arrow.flight.protocol.FlightService/DoAction",
            Self::ListActions => "/arrow.flight.protocol.FlightService/ListActions",
        }
    }

    /// The RPC of a request's path.
    pub(crate) fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.path() == path)
    }

    /// What a service answers that does not override the method.
    pub(crate) fn unimplemented(self) -> Error {
        Error::unimplemented(format!("{self} is not implemented by this service"))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_names_below_the_service() {
        for method in Method::ALL {
            assert_eq!(method.path(), format!("{SERVICE_PATH}/{}", method.name()));
            assert_eq!(Method::from_path(method.path()), Some(method));
        }
        assert_eq!(Method::from_path("/arrow.flight.protocol.FlightService/DoFly"), None);
        assert_eq!(Method::from_path("/DoGet"), None);
    }
}
