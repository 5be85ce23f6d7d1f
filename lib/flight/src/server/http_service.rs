//! [`HttpService`]: what a layer wraps.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;
use wingbeat_net::{Body, BoxError};
use wingbeat_wire::Segments;

use crate::Error;

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Everything that a [`Server`](crate::Server) serves, as one service over HTTP requests: the
/// Flight service, what is mounted beside it, and the layers added so far.
#[derive(Clone)]
pub struct HttpService(Arc<dyn Fn(Request<Body>) -> Answer + Send + Sync>);

impl HttpService {
    /// Erases a service that cannot fail.
    pub(crate) fn new<F, A>(call: F) -> Self
    where
        F: Fn(Request<Body>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<Body>> + Send + 'static,
    {
        Self(Arc::new(move |request| {
            let answer = call(request);
            Box::pin(async move { Ok(answer.await) })
        }))
    }

    /// Erases a tower service. Each call runs on a clone of its own; what the service fails with
    /// becomes the status of the call.
    pub(crate) fn from_tower<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Into<Segments>,
        B::Error: Into<BoxError>,
    {
        // Cloning under a lock asks less of a service than Sync would.
        let service = Mutex::new(service);
        Self::new(move |request| {
            let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
            async move {
                let ready = poll_fn(|cx| service.poll_ready(cx)).await;
                if let Err(error) = ready.map_err(Into::into) {
                    return refuse(error);
                }
                match service.call(request).await {
                    Ok(response) => response.map(Body::new),
                    Err(error) => refuse(error.into()),
                }
            }
        })
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Response<Body> {
        match (self.0)(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// A layer that failed has not answered, so this does.
fn refuse(error: BoxError) -> Response<Body> {
    let error = Error::from_boxed(error);
    if error.is_hidden() {
        tracing::error!(%error, "a layer of the server failed");
    }
    error.to_status().into_response()
}

impl Service<Request<Body>> for HttpService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        (self.0)(request)
    }
}

impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpService").finish_non_exhaustive()
    }
}
