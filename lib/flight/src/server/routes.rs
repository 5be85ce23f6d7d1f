//! Which service a request is for.

use std::sync::Arc;

use http::Request;
use wingbeat_net::Body;

use super::dispatch::Dispatcher;
use super::{Features, HttpService, ServerOptions};
use crate::FlightService;
use crate::method::SERVICE_PATH;

/// A service mounted beside Flight, by the path before its method: `/grpc.health.v1.Health`.
#[derive(Debug, Clone)]
pub(super) struct Mount {
    pub(super) path: String,
    pub(super) service: HttpService,
}

/// Flight and what is mounted beside it, as one service.
pub(super) fn routes(flight: Arc<Dispatcher>, mounts: Vec<Mount>) -> HttpService {
    let mounts: Arc<[Mount]> = mounts.into();
    HttpService::new(move |request: Request<Body>| {
        let (flight, mounts) = (flight.clone(), mounts.clone());
        async move {
            let path = request.uri().path();
            let is_flight = is_below(path, SERVICE_PATH);
            match mounts.iter().find(|mount| !is_flight && is_below(path, &mount.path)) {
                Some(mount) => mount.service.answer(request).await,
                // And what is nowhere: a stranger is not told so.
                None => flight.dispatch(request).await,
            }
        }
    })
}

/// A service with nothing beside it, to be called in this process.
pub(crate) fn in_process(service: impl FlightService, options: ServerOptions) -> HttpService {
    let dispatcher = Dispatcher::new(Arc::new(service), options, Features::default());
    routes(Arc::new(dispatcher), Vec::new())
}

fn is_below(path: &str, service: &str) -> bool {
    path.strip_prefix(service).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_only() {
        assert!(is_below("/a.B/Get", "/a.B"));
        assert!(!is_below("/a.Bc/Get", "/a.B"));
        assert!(!is_below("/a.B", "/a.B"));
    }
}
