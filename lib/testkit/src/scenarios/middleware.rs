//! `middleware`: the server answers with the header that a call came with, and the client finds it
//! whether the call succeeds or fails.

use std::sync::{Arc, Mutex, PoisonError};

use wingbeat::arrow::datatypes::Schema;
use wingbeat::{
    CallContext, Client, ClientCallInfo, ClientMiddleware, Error, FlightDescriptor, FlightEndpoint,
    FlightInfo, FlightService, HeaderMap, HeaderName, HeaderValue, Location, Result,
    ServerCallInfo, ServerMiddleware, Ticket,
};

use super::check;

const NAME: HeaderName = HeaderName::from_static("x-middleware");
const VALUE: &str = "expected value";

pub(super) struct Service;

impl FlightService for Service {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        if descriptor != FlightDescriptor::command("success") {
            return Err(Error::unknown("Unknown"));
        }
        // Nobody listens there: the flight is not read.
        let location = Location::new("grpc+tcp://localhost:10010");
        let endpoint = FlightEndpoint::new(Ticket::new("foo")).with_location(location);
        let info = FlightInfo::new(&Schema::empty());
        Ok(info.with_descriptor(descriptor).with_endpoint(endpoint))
    }
}

/// Answers with the header of the call; with an empty one where there was none.
pub(super) struct Echo(HeaderValue);

/// Starts it.
pub(super) fn echo_header(call: &mut ServerCallInfo<'_>) -> Result<Echo> {
    let value = call.headers().get(NAME).cloned();
    Ok(Echo(value.unwrap_or_else(|| HeaderValue::from_static(""))))
}

impl ServerMiddleware for Echo {
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        headers.insert(NAME, self.0.clone());
    }
}

/// Sends the header, and keeps what comes back.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Option<HeaderValue>>>);

impl Recorder {
    /// What has come back since the last look.
    fn take(&self) -> Option<HeaderValue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientMiddleware for Recorder {
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        headers.insert(NAME, HeaderValue::from_static(VALUE));
    }

    fn received_headers(&mut self, headers: &HeaderMap) {
        if let Some(value) = headers.get(NAME) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.clone());
        }
    }
}

pub(super) async fn run(client: &Client) -> Result<()> {
    let recorder = Recorder::default();
    let of_calls = recorder.clone();
    let client = client.clone().with_middleware(move |_: &ClientCallInfo<'_>| Ok(of_calls.clone()));
    let expected = Some(HeaderValue::from_static(VALUE));

    let failed = client.get_flight_info(FlightDescriptor::command("")).await;
    check::that(failed.is_err(), "a call succeeded that has to fail")?;
    check::equal("x-middleware of the call that failed", recorder.take(), expected.clone())?;

    client.get_flight_info(FlightDescriptor::command("success")).await?;
    check::equal("x-middleware of the call that succeeded", recorder.take(), expected)
}
