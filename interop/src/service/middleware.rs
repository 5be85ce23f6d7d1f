//! The middleware: answers every call with the `x-middleware` that it came with.

use wingbeat::{HeaderMap, HeaderName, HeaderValue, Result, ServerCallInfo, ServerMiddleware};

const NAME: HeaderName = HeaderName::from_static("x-middleware");

/// The value of the call's header.
pub(crate) struct Echo(Option<HeaderValue>);

/// Starts it.
pub(crate) fn echo_header(call: &mut ServerCallInfo<'_>) -> Result<Echo> {
    Ok(Echo(call.headers().get(NAME).cloned()))
}

impl ServerMiddleware for Echo {
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        headers.extend(self.0.take().map(|value| (NAME, value)));
    }
}
