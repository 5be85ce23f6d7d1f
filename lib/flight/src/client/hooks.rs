//! [`CallHooks`]: what sees a client's call beside its caller.

use http::HeaderMap;

use super::Client;
use crate::{ClientCallInfo, ClientMiddleware, CookieJar, Error, Method, Result};

/// The middleware and the cookies of one call. Dropped before the call is over, it is CANCELLED.
pub(crate) struct CallHooks {
    cookies: Option<CookieJar>,
    middleware: Vec<Box<dyn ClientMiddleware>>,
    is_over: bool,
}

impl CallHooks {
    /// Those of a call that is about to start with `headers`.
    pub(super) fn start(client: &Client, method: Method, headers: &mut HeaderMap) -> Result<Self> {
        let middleware = Vec::with_capacity(client.middleware.len());
        let mut this = Self { cookies: client.cookies.clone(), middleware, is_over: false };
        let call = ClientCallInfo::new(method, client.address.as_ref());
        for factory in &*client.middleware {
            match factory.start_call(&call) {
                Ok(middleware) => this.middleware.extend(middleware),
                Err(error) => {
                    this.complete(Err(&error));
                    return Err(error);
                }
            }
        }
        if let Some(cookies) = &this.cookies {
            cookies.send(headers);
        }
        this.middleware.iter_mut().for_each(|middleware| middleware.sending_headers(headers));
        Ok(this)
    }

    pub(super) fn received_headers(&mut self, headers: &HeaderMap) {
        if let Some(cookies) = &self.cookies {
            cookies.learn(headers);
        }
        self.middleware.iter_mut().for_each(|middleware| middleware.received_headers(headers));
    }

    pub(crate) fn received_trailers(&mut self, trailers: &HeaderMap) {
        if let Some(cookies) = &self.cookies {
            cookies.learn(trailers);
        }
        self.middleware.iter_mut().for_each(|middleware| middleware.received_trailers(trailers));
    }

    pub(crate) fn complete(&mut self, outcome: Result<(), &Error>) {
        self.is_over = true;
        for middleware in &mut self.middleware {
            middleware.call_completed(outcome);
        }
    }
}

impl Drop for CallHooks {
    fn drop(&mut self) {
        if !self.is_over && !self.middleware.is_empty() {
            let error = Error::cancelled("the call was dropped before its end");
            self.complete(Err(&error));
        }
    }
}
