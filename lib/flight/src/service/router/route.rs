//! One service behind a router, and how what it hands out is marked as its own.

use std::sync::Arc;

use wingbeat_wire::message::{FlightDescriptor, FlightEndpoint, FlightInfo, Location, Ticket};

use super::{DynFlightService, tag};

#[derive(Clone)]
pub(super) struct Route {
    /// Empty for the fallback.
    prefix: Arc<[String]>,
    pub(super) service: Arc<dyn DynFlightService>,
}

/// A descriptor as the service knows it, and as the caller gave it.
type Asked<'a> = Option<(&'a FlightDescriptor, &'a FlightDescriptor)>;

impl Route {
    pub(super) fn new(prefix: Vec<String>, service: Arc<dyn DynFlightService>) -> Self {
        Self { prefix: prefix.into(), service }
    }

    pub(super) fn prefix(&self) -> &[String] {
        &self.prefix
    }

    /// The prefix as a text.
    pub(super) fn name(&self) -> String {
        self.prefix.join("/")
    }

    /// Marks what a FlightInfo of this service names, so that it finds back.
    pub(super) fn outward(&self, mut info: FlightInfo, asked: Asked<'_>) -> FlightInfo {
        info.endpoints =
            info.endpoints.into_iter().map(|endpoint| self.outward_endpoint(endpoint)).collect();
        info.flight_descriptor =
            info.flight_descriptor.map(|descriptor| self.outward_descriptor(descriptor, asked));
        info
    }

    /// Marks the ticket of an endpoint that is read here.
    pub(super) fn outward_endpoint(&self, mut endpoint: FlightEndpoint) -> FlightEndpoint {
        let locations = &endpoint.locations;
        if locations.is_empty() || locations.iter().any(Location::is_reuse_connection) {
            endpoint.ticket = endpoint.ticket.map(|ticket| Ticket::new(self.mark(ticket.ticket)));
        }
        endpoint
    }

    /// Marks a command. The one that was asked for stays as the caller knows it.
    pub(super) fn outward_descriptor(
        &self,
        descriptor: FlightDescriptor,
        asked: Asked<'_>,
    ) -> FlightDescriptor {
        match (descriptor, asked) {
            (descriptor, Some((inner, outer))) if descriptor == *inner => outer.clone(),
            (FlightDescriptor::Command(command), _) => {
                FlightDescriptor::Command(self.mark(command))
            }
            (descriptor, _) => descriptor,
        }
    }

    /// The fallback gets what has no mark, so its own need none, unless they look like one.
    fn mark(&self, bytes: bytes::Bytes) -> bytes::Bytes {
        match self.prefix.is_empty() && !tag::is_tagged(&bytes) {
            true => bytes,
            false => tag::add(&self.prefix, &bytes),
        }
    }
}

/// The routes, each service once.
pub(super) fn distinct<'a>(routes: impl Iterator<Item = &'a Route>) -> Vec<&'a Route> {
    let mut found: Vec<&Route> = Vec::new();
    for route in routes {
        if !found.iter().any(|other| Arc::ptr_eq(&other.service, &route.service)) {
            found.push(route);
        }
    }
    found
}
