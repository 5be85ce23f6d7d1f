//! The server of the four scenarios: three endpoints, and what has become of them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use wingbeat::{
    BatchStream, CallContext, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, Error,
    FlightDescriptor, FlightEndpoint, FlightInfo, FlightService, RenewFlightEndpointRequest,
    Result, StandardAction, Ticket,
};

use super::{batch, schema};

/// What ListActions tells.
pub(crate) const ACTIONS: [StandardAction; 2] =
    [StandardAction::CancelFlightInfo, StandardAction::RenewFlightEndpoint];

/// By how much a renewal moves an expiration.
const RENEWAL: Duration = Duration::from_secs(10);

/// The endpoints of the flight that was asked for last.
#[derive(Default)]
pub(crate) struct Service {
    endpoints: Mutex<Vec<State>>,
}

/// What has become of an endpoint. Its ticket begins with its index and a colon.
struct State {
    expires: Option<SystemTime>,
    reads: usize,
    cancelled: bool,
}

impl Service {
    fn endpoints(&self) -> MutexGuard<'_, Vec<State>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FlightService for Service {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let mut endpoints = self.endpoints();
        endpoints.clear();
        let mut info = FlightInfo::new(&schema()).with_descriptor(descriptor);
        let lifetimes =
            [("No expiration time", None), ("5 seconds", Some(5)), ("6 seconds", Some(6))];
        for (index, (text, seconds)) in lifetimes.into_iter().enumerate() {
            let expires = seconds.map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
            let mut endpoint = FlightEndpoint::new(Ticket::new(format!("{index}: {text}")));
            if let Some(expires) = expires {
                endpoint = endpoint.with_expiration_time(expires);
            }
            info = info.with_endpoint(endpoint);
            endpoints.push(State { expires, reads: 0, cancelled: false });
        }
        Ok(info)
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let index = index(Some(&ticket))?;
        let mut endpoints = self.endpoints();
        let state = find(&mut endpoints, index)?;
        if state.cancelled {
            return Err(Error::not_found("the flight was cancelled"));
        }
        match state.expires {
            Some(expires) if expires < SystemTime::now() => {
                return Err(Error::not_found("the endpoint has expired"));
            }
            None if state.reads > 0 => {
                return Err(Error::not_found("the endpoint can be read once only"));
            }
            _ => {}
        }
        state.reads += 1;
        let batch = batch(u32::try_from(index)?)?;
        Ok(BatchStream::from_batches(schema(), [batch]))
    }

    async fn cancel_flight_info(
        &self,
        _cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        let info = request.info.ok_or_else(|| Error::invalid_argument("there is no flight"))?;
        let mut endpoints = self.endpoints();
        let mut status = CancelStatus::Cancelled;
        for endpoint in &info.endpoints {
            let state = find(&mut endpoints, index(endpoint.ticket.as_ref())?)?;
            if std::mem::replace(&mut state.cancelled, true) {
                status = CancelStatus::NotCancellable;
            }
        }
        Ok(status.into())
    }

    async fn renew_flight_endpoint(
        &self,
        _cx: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Result<FlightEndpoint> {
        let endpoint = request.endpoint;
        let endpoint = endpoint.ok_or_else(|| Error::invalid_argument("there is no endpoint"))?;
        let mut endpoints = self.endpoints();
        let state = find(&mut endpoints, index(endpoint.ticket.as_ref())?)?;
        if state.cancelled {
            return Err(Error::invalid_argument("the flight was cancelled"));
        }
        let expires = SystemTime::now() + RENEWAL;
        state.expires = Some(expires);
        let mut ticket = endpoint.ticket.clone().unwrap_or_default().ticket.to_vec();
        ticket.extend_from_slice(b": renewed (+ 10 seconds)");
        let renewed = FlightEndpoint { ticket: Some(Ticket::new(ticket)), ..endpoint };
        Ok(renewed.with_expiration_time(expires))
    }
}

fn index(ticket: Option<&Ticket>) -> Result<usize> {
    let text = ticket.and_then(|ticket| std::str::from_utf8(&ticket.ticket).ok());
    let index = text.and_then(|text| text.split_once(':')?.0.parse().ok());
    index.ok_or_else(|| Error::invalid_argument("the ticket does not begin with its index"))
}

fn find(endpoints: &mut [State], index: usize) -> Result<&mut State> {
    endpoints.get_mut(index).ok_or_else(|| Error::not_found("there is no such endpoint"))
}
