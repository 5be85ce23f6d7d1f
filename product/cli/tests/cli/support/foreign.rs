//! A Flight server in the test's process that is no `wingbeat serve`.

use tokio::runtime::Runtime;
use wingbeat::{FlightService, Server};

/// A running service; stopped on drop.
pub(crate) struct Foreign {
    _runtime: Runtime,
    url: String,
}

impl Foreign {
    pub(crate) fn start(service: impl FlightService) -> Self {
        Self::start_with(service, |server| server)
    }

    /// The same with a server that is set up before.
    pub(crate) fn start_with(
        service: impl FlightService,
        set_up: impl FnOnce(Server) -> Server,
    ) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(Server::bind("grpc://127.0.0.1:0")).unwrap();
        let url = server.local_addr().to_string();
        runtime.spawn(set_up(server).serve(service));
        Self { _runtime: runtime, url }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }
}
