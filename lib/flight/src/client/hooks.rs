//! [`CallHooks`]: what sees a client's call beside its caller.

use http::{HeaderMap, HeaderValue, header};

use super::Client;
use crate::credentials::BasicThenBearer;
use crate::{ClientCallInfo, ClientMiddleware, Code, CookieJar, Error, Method, Result};

/// The middleware, cookies and credentials of one call. Dropped before the call is over, it is
/// CANCELLED.
pub(crate) struct CallHooks {
    cookies: Option<CookieJar>,
    /// With what was sent of it.
    basic: Option<(BasicThenBearer, HeaderValue)>,
    middleware: Vec<Box<dyn ClientMiddleware>>,
    is_over: bool,
}

impl CallHooks {
    /// Those of a call that is about to start with `headers`.
    pub(super) fn start(client: &Client, method: Method, headers: &mut HeaderMap) -> Result<Self> {
        let middleware = Vec::with_capacity(client.middleware.len());
        let basic = client.basic.clone().map(|basic| (basic.clone(), basic.value()));
        let cookies = client.cookies.clone();
        let mut this = Self { cookies, basic, middleware, is_over: false };
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
        if let Some((_, value)) = &this.basic {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        this.middleware.iter_mut().for_each(|middleware| middleware.sending_headers(headers));
        if let Err(error) = client.check_credentials(headers) {
            this.complete(Err(&error));
            return Err(error);
        }
        Ok(this)
    }

    pub(super) fn received_headers(&mut self, headers: &HeaderMap) {
        self.learn(headers);
        self.middleware.iter_mut().for_each(|middleware| middleware.received_headers(headers));
    }

    pub(crate) fn received_trailers(&mut self, trailers: &HeaderMap) {
        self.learn(trailers);
        self.middleware.iter_mut().for_each(|middleware| middleware.received_trailers(trailers));
    }

    fn learn(&self, headers: &HeaderMap) {
        if let Some(cookies) = &self.cookies {
            cookies.learn(headers);
        }
        if let Some((basic, _)) = &self.basic {
            basic.learn(headers);
        }
    }

    pub(crate) fn complete(&mut self, outcome: Result<(), &Error>) {
        self.is_over = true;
        if let (Some((basic, sent)), Err(error)) = (&self.basic, outcome)
            && error.code() == Code::Unauthenticated
        {
            basic.refused(sent);
        }
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
