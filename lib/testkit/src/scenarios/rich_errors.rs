//! `rich_errors`, which is ours and not the harness's: an action fails with the status of Arrow C++
//! whose number it is called by, with a text and details, and the caller sees exactly those.

use wingbeat::{
    Action, ActionResult, ArrowStatusCode, CallContext, Client, Code, Error, FlightService,
    ReplyStream, Result,
};

use super::check;

/// Every status that an error can have.
const STATUSES: [ArrowStatusCode; 16] = [
    ArrowStatusCode::OutOfMemory,
    ArrowStatusCode::KeyError,
    ArrowStatusCode::TypeError,
    ArrowStatusCode::Invalid,
    ArrowStatusCode::IOError,
    ArrowStatusCode::CapacityError,
    ArrowStatusCode::IndexError,
    ArrowStatusCode::Cancelled,
    ArrowStatusCode::UnknownError,
    ArrowStatusCode::NotImplemented,
    ArrowStatusCode::SerializationError,
    ArrowStatusCode::RError,
    ArrowStatusCode::CodeGenError,
    ArrowStatusCode::ExpressionValidationError,
    ArrowStatusCode::ExecutionError,
    ArrowStatusCode::AlreadyExists,
];

fn message(number: &str) -> String {
    format!("status {number}: ärger")
}

/// Bytes that are no text.
fn details(number: &str) -> Vec<u8> {
    [&[0, 255], number.as_bytes()].concat()
}

pub(super) struct Service;

impl FlightService for Service {
    async fn do_action(
        &self,
        _cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        let number = &action.r#type;
        let status = STATUSES.into_iter().find(|status| (*status as i32).to_string() == *number);
        let status = status.ok_or_else(|| Error::invalid_argument("there is no such status"))?;
        let error = Error::unavailable(message(number));
        Err(error.with_arrow_status(status).with_details(details(number)))
    }
}

pub(super) async fn run(client: &Client) -> Result<()> {
    for expected in STATUSES {
        let number = (expected as i32).to_string();
        let results = client.do_action(Action::new(&*number, "")).await;
        let outcome = match results {
            Ok(results) => results.collect().await.map(|_| ()),
            Err(error) => Err(error),
        };
        let Err(error) = outcome else {
            return Err(Error::internal(format!("the action {number} did not fail")));
        };
        check::equal("the code", error.code(), Code::Unavailable)?;
        let found = error.arrow_status().map(|status| (status.code, status.message));
        check::equal("the status", found, Some((expected, Some(message(&number)))))?;
        let found = error.details().map(|details| details.to_vec());
        check::equal("the details", found, Some(details(&number)))?;
    }
    Ok(())
}
