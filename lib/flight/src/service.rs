//! [`FlightService`]: what an implementer writes.

mod arc;
mod dynamic;
mod router;

use std::future::Future;

use wingbeat_wire::message::{
    Action, ActionResult, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult,
    CloseSessionRequest, CloseSessionResult, Criteria, FlightDescriptor, FlightEndpoint,
    FlightInfo, GetSessionOptionsRequest, GetSessionOptionsResult, PollInfo,
    RenewFlightEndpointRequest, SchemaResult, SetSessionOptionsRequest, SetSessionOptionsResult,
    Ticket,
};

use crate::{
    BatchStream, CallContext, Code, Error, Exchange, Handshake, Method, ReplyStream, Result,
    StandardAction, Upload,
};

pub use self::dynamic::DynFlightService;
pub use self::router::Router;

/// A Flight service. No method is required: what is not overridden answers UNIMPLEMENTED with its
/// own name, and `get_schema` and `poll_flight_info` are derived from `get_flight_info`.
///
/// Implement the methods as `async fn`:
///
/// ```
/// use wingbeat::arrow::array::RecordBatch;
/// use wingbeat::{BatchStream, CallContext, FlightService, Result, Ticket};
///
/// struct Geese(RecordBatch);
///
/// impl FlightService for Geese {
///     async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
///         Ok(BatchStream::from_batches(self.0.schema(), [self.0.clone()]))
///     }
/// }
/// ```
///
/// A handler runs on tokio's I/O threads: what blocks or computes for long belongs on others
/// ([`BatchStream::from_reader`] does that for readers). A handler that panics answers INTERNAL,
/// and only its own call ends. When the caller goes away the future and the stream it returned are
/// dropped.
pub trait FlightService: Send + Sync + 'static {
    /// Any number of messages back and forth, to agree on who the caller is.
    fn handshake(
        &self,
        cx: &CallContext,
        handshake: Handshake,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, handshake);
        async { Err(Method::Handshake.unimplemented()) }
    }

    /// The flights that match `criteria`, whose meaning is the service's own; empty means all.
    fn list_flights(
        &self,
        cx: &CallContext,
        criteria: Criteria,
    ) -> impl Future<Output = Result<ReplyStream<FlightInfo>>> + Send {
        let _ = (cx, criteria);
        async { Err(Method::ListFlights.unimplemented()) }
    }

    /// How a flight can be read: its schema and its endpoints. A reply without a descriptor gets
    /// the one that was asked for, as some clients refuse one without.
    fn get_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> impl Future<Output = Result<FlightInfo>> + Send {
        let _ = (cx, descriptor);
        async { Err(Method::GetFlightInfo.unimplemented()) }
    }

    /// The same for a flight that is still being made: returns at once, and says with which
    /// descriptor to ask again. By default [`get_flight_info`](Self::get_flight_info), complete.
    fn poll_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> impl Future<Output = Result<PollInfo>> + Send {
        async move {
            let info = self.get_flight_info(cx, descriptor).await;
            info.map(PollInfo::complete).map_err(|error| derived(error, Method::PollFlightInfo))
        }
    }

    /// The schema of a flight. By default that of [`get_flight_info`](Self::get_flight_info);
    /// NOT_FOUND where its reply holds none.
    fn get_schema(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> impl Future<Output = Result<SchemaResult>> + Send {
        async move {
            match self.get_flight_info(cx, descriptor).await {
                Ok(info) if info.schema.is_empty() => {
                    Err(Error::not_found("the service does not say which schema the flight has"))
                }
                Ok(info) => Ok(SchemaResult { schema: info.schema }),
                Err(error) => Err(derived(error, Method::GetSchema)),
            }
        }
    }

    /// The data behind a ticket.
    fn do_get(
        &self,
        cx: &CallContext,
        ticket: Ticket,
    ) -> impl Future<Output = Result<BatchStream>> + Send {
        let _ = (cx, ticket);
        async { Err(Method::DoGet.unimplemented()) }
    }

    /// Takes data. The call succeeds when the future does; [`Upload::ack`] answers on the way.
    ///
    /// A future that returns `Ok` before the upload has ended ends the call as a success, so a
    /// service that stores data reads until [`Upload::next`] gives `None`. An upload that broke
    /// off is an error there, never an end.
    fn do_put(&self, cx: &CallContext, upload: Upload) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, upload);
        async { Err(Method::DoPut.unimplemented()) }
    }

    /// Takes data and answers with data, both at once.
    fn do_exchange(
        &self,
        cx: &CallContext,
        exchange: Exchange,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, exchange);
        async { Err(Method::DoExchange.unimplemented()) }
    }

    /// Does something other than moving data. An unknown type is to be answered UNIMPLEMENTED.
    fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> impl Future<Output = Result<ReplyStream<ActionResult>>> + Send {
        let _ = (cx, action);
        async { Err(Method::DoAction.unimplemented()) }
    }

    /// The actions there are. By default those registered with the server, see
    /// [`CallContext::actions`].
    fn list_actions(
        &self,
        cx: &CallContext,
    ) -> impl Future<Output = Result<ReplyStream<ActionType>>> + Send {
        async { Ok(ReplyStream::from_iter(cx.actions().to_vec())) }
    }

    /// Ends the query of a FlightInfo that this service handed out, also while it is polled for.
    /// An unknown one is to be answered NOT_FOUND. Called once
    /// [`StandardAction::CancelFlightInfo`] is registered, as all of these.
    fn cancel_flight_info(
        &self,
        cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> impl Future<Output = Result<CancelFlightInfoResult>> + Send {
        let _ = (cx, request);
        async { Err(StandardAction::CancelFlightInfo.unimplemented()) }
    }

    /// Moves the expiration of an endpoint that this service handed out, and gives the endpoint as
    /// it is from now on.
    fn renew_flight_endpoint(
        &self,
        cx: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> impl Future<Output = Result<FlightEndpoint>> + Send {
        let _ = (cx, request);
        async { Err(StandardAction::RenewFlightEndpoint.unimplemented()) }
    }

    /// Sets options of the caller's session. By default that of the server's
    /// [`Sessions`](crate::Sessions), as for the other two.
    fn set_session_options(
        &self,
        cx: &CallContext,
        request: SetSessionOptionsRequest,
    ) -> impl Future<Output = Result<SetSessionOptionsResult>> + Send {
        async move {
            match cx.sessions() {
                Some(sessions) => sessions.set_options(cx, request).await,
                None => Err(StandardAction::SetSessionOptions.unimplemented()),
            }
        }
    }

    /// The options of the caller's session; an error when there is none.
    fn get_session_options(
        &self,
        cx: &CallContext,
        request: GetSessionOptionsRequest,
    ) -> impl Future<Output = Result<GetSessionOptionsResult>> + Send {
        let GetSessionOptionsRequest {} = request;
        async move {
            match cx.sessions() {
                Some(sessions) => sessions.options(cx).await,
                None => Err(StandardAction::GetSessionOptions.unimplemented()),
            }
        }
    }

    /// Ends the caller's session.
    fn close_session(
        &self,
        cx: &CallContext,
        request: CloseSessionRequest,
    ) -> impl Future<Output = Result<CloseSessionResult>> + Send {
        let CloseSessionRequest {} = request;
        async move {
            match cx.sessions() {
                Some(sessions) => sessions.close(cx).await,
                None => Err(StandardAction::CloseSession.unimplemented()),
            }
        }
    }
}

/// The error of a method that is derived from GetFlightInfo, under its own name.
fn derived(error: Error, method: Method) -> Error {
    let missing = Method::GetFlightInfo.unimplemented();
    match error.code() == Code::Unimplemented && error.message() == missing.message() {
        true => method.unimplemented(),
        false => error,
    }
}
