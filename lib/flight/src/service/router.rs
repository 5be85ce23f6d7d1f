//! [`Router`]: several services as one.

mod actions;
mod route;
mod tag;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use wingbeat_wire::message::{
    Action, ActionResult, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, Criteria,
    FlightDescriptor, FlightEndpoint, FlightInfo, PollInfo, RenewFlightEndpointRequest,
    SchemaResult, Ticket,
};

use self::route::Route;
use super::{DynFlightService, FlightService};
use crate::{
    BatchStream, CallContext, Code, Error, Exchange, Handshake, Method, ReplyStream, Result, Upload,
};

/// Joins several services into one, by the first components of path descriptors.
///
/// ```
/// use wingbeat::{Client, Code, FlightDescriptor, FlightService, Router};
///
/// struct Empty;
/// impl FlightService for Empty {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wingbeat::Result<()> {
/// let router = Router::new().route(["live"], Empty).route(["archive", "2025"], Empty);
/// let client = Client::in_process(router);
/// let error = client.get_schema(FlightDescriptor::path(["other"])).await.unwrap_err();
/// assert_eq!(error.code(), Code::NotFound);
/// # Ok(())
/// # }
/// ```
///
/// # What goes where
/// * **Path descriptors** go to the service with the longest prefix that fits, component by
///   component, else to the [`fallback`](Self::fallback). Services see the whole path.
/// * **Tickets** find back to the service whose FlightInfo they stood in: the router puts a tag
///   before them on the way out, and takes it off again. Endpoints that name other locations, and
///   not the reuse of the connection, keep their tickets as they are. Tickets without a tag, such
///   as those that a client made itself, go to the fallback.
/// * **Command descriptors** that a service hands out are tagged in the same way; others go to the
///   fallback.
/// * **Actions**: `CancelFlightInfo` and `RenewFlightEndpoint` go where the tickets in them came
///   from. Others are offered to the services in the order of their routes, then to the fallback,
///   until one does not answer UNIMPLEMENTED. `archive/2025/drop` asks that one service to `drop`.
/// * **ListFlights** and **ListActions** are those of all services, one after the other; one that
///   does not implement them is passed over. An action type that an earlier service offers too is
///   listed under its long name.
/// * **Sessions** are the server's ([`Server::sessions`](crate::Server::sessions)).
/// * **Handshake** goes to the fallback.
#[derive(Clone, Default)]
pub struct Router {
    routes: Vec<Route>,
    fallback: Option<Route>,
}

impl Router {
    /// A router without any service.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends the path descriptors below `prefix` to a service. A second service for the same prefix
    /// replaces the first.
    #[must_use]
    pub fn route<P>(mut self, prefix: P, service: impl FlightService) -> Self
    where
        P: IntoIterator,
        P::Item: Into<String>,
    {
        let prefix: Vec<String> = prefix.into_iter().map(Into::into).collect();
        self.routes.retain(|route| route.prefix() != prefix);
        self.routes.push(Route::new(prefix, Arc::new(service)));
        self
    }

    /// Sends everything else to a service.
    #[must_use]
    pub fn fallback(mut self, service: impl FlightService) -> Self {
        self.fallback = Some(Route::new(Vec::new(), Arc::new(service)));
        self
    }

    /// All routes, the fallback last.
    fn all(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().chain(&self.fallback)
    }

    /// The route for a descriptor, and the descriptor as its service knows it.
    fn resolve(&self, descriptor: &FlightDescriptor) -> Result<(&Route, FlightDescriptor)> {
        let (route, descriptor) = match descriptor {
            FlightDescriptor::Path(path) => (self.by_path(path), descriptor.clone()),
            FlightDescriptor::Command(command) => {
                let (route, command) = self.by_tag(command)?;
                (route, FlightDescriptor::Command(command))
            }
            FlightDescriptor::Unknown => (None, FlightDescriptor::Unknown),
        };
        let route = route.or(self.fallback.as_ref());
        let route = route.ok_or_else(|| {
            Error::not_found(format!("no service is responsible for {descriptor:?}"))
        })?;
        Ok((route, descriptor))
    }

    /// The route with the longest prefix that fits.
    fn by_path(&self, path: &[String]) -> Option<&Route> {
        let fitting = self.routes.iter().filter(|route| path.starts_with(route.prefix()));
        fitting.max_by_key(|route| route.prefix().len())
    }

    /// The route of a ticket, and the ticket as its service knows it.
    fn by_ticket(&self, ticket: Ticket) -> Result<(&Route, Ticket)> {
        let (route, ticket) = self.by_tag(&ticket.ticket)?;
        let route = route.or(self.fallback.as_ref()).ok_or_else(|| {
            Error::invalid_argument("the ticket was not given out by this service")
        })?;
        Ok((route, Ticket::new(ticket)))
    }

    /// The route that a tag names, and what stands behind the tag.
    fn by_tag(&self, tagged: &bytes::Bytes) -> Result<(Option<&Route>, bytes::Bytes)> {
        let Some((prefix, rest)) = tag::remove(tagged) else { return Ok((None, tagged.clone())) };
        let route = self.all().find(|route| route.prefix() == prefix);
        let route = route.ok_or_else(|| {
            Error::not_found(format!("the service {:?} is no longer here", prefix.join("/")))
        })?;
        Ok((Some(route), rest))
    }
}

impl FlightService for Router {
    async fn handshake(&self, cx: &CallContext, handshake: Handshake) -> Result<()> {
        match &self.fallback {
            Some(route) => route.service.dyn_handshake(cx, handshake).await,
            None => Err(Method::Handshake.unimplemented()),
        }
    }

    async fn list_flights(
        &self,
        cx: &CallContext,
        criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        let mut lists = Vec::new();
        for route in route::distinct(self.all()) {
            match route.service.dyn_list_flights(cx, criteria.clone()).await {
                Ok(infos) => {
                    let route = route.clone();
                    lists.push(infos.map(move |info| info.map(|info| route.outward(info, None))));
                }
                Err(error) if error.code() == Code::Unimplemented => {}
                Err(error) => return Err(error),
            }
        }
        if lists.is_empty() {
            return Err(Method::ListFlights.unimplemented());
        }
        Ok(ReplyStream::from_stream(stream::iter(lists).flatten()))
    }

    async fn get_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let (route, inner) = self.resolve(&descriptor)?;
        let info = route.service.dyn_get_flight_info(cx, inner.clone()).await?;
        Ok(route.outward(info, Some((&inner, &descriptor))))
    }

    async fn poll_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        let (route, inner) = self.resolve(&descriptor)?;
        let mut poll = route.service.dyn_poll_flight_info(cx, inner.clone()).await?;
        let asked = Some((&inner, &descriptor));
        poll.info = poll.info.map(|info| route.outward(info, asked));
        poll.flight_descriptor =
            poll.flight_descriptor.map(|next| route.outward_descriptor(next, asked));
        Ok(poll)
    }

    async fn get_schema(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<SchemaResult> {
        let (route, inner) = self.resolve(&descriptor)?;
        route.service.dyn_get_schema(cx, inner).await
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let (route, inner) = self.by_ticket(ticket)?;
        route.service.dyn_do_get(cx, inner).await
    }

    async fn do_put(&self, cx: &CallContext, mut upload: Upload) -> Result<()> {
        let (route, inner) = self.resolve(upload.descriptor())?;
        upload.set_descriptor(inner);
        route.service.dyn_do_put(cx, upload).await
    }

    async fn do_exchange(&self, cx: &CallContext, mut exchange: Exchange) -> Result<()> {
        let (route, inner) = self.resolve(exchange.descriptor())?;
        exchange.set_descriptor(inner);
        route.service.dyn_do_exchange(cx, exchange).await
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        self.route_action(cx, action).await
    }

    async fn list_actions(&self, cx: &CallContext) -> Result<ReplyStream<ActionType>> {
        self.join_actions(cx).await
    }

    async fn cancel_flight_info(
        &self,
        cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        let Some(info) = request.info else {
            return Err(Error::invalid_argument("the request names no FlightInfo to cancel"));
        };
        let (route, info) = self.inward(info)?;
        route.service.dyn_cancel_flight_info(cx, info.into()).await
    }

    async fn renew_flight_endpoint(
        &self,
        cx: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Result<FlightEndpoint> {
        let Some(endpoint) = request.endpoint else {
            return Err(Error::invalid_argument("the request names no endpoint to renew"));
        };
        let (route, endpoint) = self.inward_endpoint(endpoint)?;
        let renewed = route.service.dyn_renew_flight_endpoint(cx, endpoint.into()).await?;
        Ok(route.outward_endpoint(renewed))
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("prefixes", &self.routes.iter().map(Route::prefix).collect::<Vec<_>>())
            .field("fallback", &self.fallback.is_some())
            .finish()
    }
}
