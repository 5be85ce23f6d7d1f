//! `location:reuse_connection`: an endpoint that is read on the connection that told of it.

use wingbeat::arrow::datatypes::Schema;
use wingbeat::{
    CallContext, Client, FlightDescriptor, FlightEndpoint, FlightInfo, FlightService, Location,
    Result, Ticket,
};

use super::check;

pub(super) struct Service;

impl FlightService for Service {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let endpoint = FlightEndpoint::new(Ticket::new("reuse"));
        let endpoint = endpoint.with_location(Location::reuse_connection());
        let info = FlightInfo::new(&Schema::empty());
        Ok(info.with_descriptor(descriptor).with_endpoint(endpoint))
    }
}

pub(super) async fn run(client: &Client) -> Result<()> {
    let info = client.get_flight_info(FlightDescriptor::command("reuse")).await?;
    let endpoint = check::only("endpoints", &info.endpoints)?;
    let location = check::only("locations", &endpoint.locations)?;
    check::equal("the location", location.uri.as_str(), "arrow-flight-reuse-connection://?")
}
