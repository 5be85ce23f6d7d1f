//! [`Response`]: the headers and trailers of a call's answer, and the middleware that sees them.

use http::HeaderMap;

use crate::error::is_reserved;
use crate::{Error, Result, ServerMiddleware};

/// What goes out beside the messages, and who is told.
#[derive(Default)]
pub(super) struct Response {
    pub(super) headers: HeaderMap,
    pub(super) headers_sent: bool,
    pub(super) trailers: HeaderMap,
    pub(super) trailers_sent: bool,
    /// Until they know that the call is over.
    middleware: Vec<Box<dyn ServerMiddleware>>,
    outcome: Option<Result<()>>,
}

impl Response {
    pub(super) fn new(middleware: Vec<Box<dyn ServerMiddleware>>) -> Self {
        Self { middleware, ..Self::default() }
    }

    /// The headers, which are on their way from now on.
    pub(super) fn take_headers(&mut self) -> HeaderMap {
        self.headers_sent = true;
        let mut headers = std::mem::take(&mut self.headers);
        for middleware in &mut self.middleware {
            middleware.sending_headers(&mut headers);
        }
        self.without_reserved(headers)
    }

    /// The trailers, which are on their way from now on. The call is over with them.
    pub(super) fn take_trailers(&mut self) -> HeaderMap {
        self.trailers_sent = true;
        let mut trailers = std::mem::take(&mut self.trailers);
        for middleware in &mut self.middleware {
            middleware.sending_trailers(&mut trailers);
        }
        let trailers = self.without_reserved(trailers);
        self.complete();
        trailers
    }

    /// Remembers how the handler ended.
    pub(super) fn set_outcome(&mut self, outcome: Result<()>) {
        self.outcome.get_or_insert(outcome);
    }

    /// Tells the middleware, once, that the call is over.
    pub(super) fn complete(&mut self) {
        if self.middleware.is_empty() {
            return;
        }
        let outcome = self.outcome.take();
        let outcome =
            outcome.unwrap_or_else(|| Err(Error::cancelled("the client gave up the call")));
        for mut middleware in std::mem::take(&mut self.middleware) {
            middleware.call_completed(outcome.as_ref().copied());
        }
    }

    /// What middleware added is not checked before; what a handler sets is.
    fn without_reserved(&self, mut headers: HeaderMap) -> HeaderMap {
        if !self.middleware.is_empty() {
            let reserved = headers.keys().filter(|name| is_reserved(name.as_str())).cloned();
            for name in reserved.collect::<Vec<_>>() {
                headers.remove(name);
            }
        }
        headers
    }
}
