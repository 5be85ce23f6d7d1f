//! The server: from listeners to the methods of a service.

mod builder;
mod dispatch;
mod features;
mod flight_server;
mod http_service;
mod options;
mod routes;

pub use self::builder::Server;
pub use self::flight_server::FlightServer;
pub use self::http_service::HttpService;
pub use self::options::ServerOptions;

pub(crate) use self::features::Features;
pub(crate) use self::routes::in_process;
