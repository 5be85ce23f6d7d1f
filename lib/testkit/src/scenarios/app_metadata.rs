//! `app_metadata_flight_info_endpoint`: the command comes back as the metadata of the flight and of
//! its endpoint.

use wingbeat::arrow::datatypes::Schema;
use wingbeat::{
    CallContext, Client, Error, FlightDescriptor, FlightEndpoint, FlightInfo, FlightService,
    Result, Ticket,
};

use super::check;

const COMMAND: &str = "foobar";

pub(super) struct Service;

impl FlightService for Service {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let FlightDescriptor::Command(command) = descriptor.clone() else {
            return Err(Error::invalid_argument("a descriptor by command is expected"));
        };
        let endpoint = FlightEndpoint::new(Ticket::default()).with_app_metadata(command.clone());
        Ok(FlightInfo::new(&Schema::empty())
            .with_descriptor(descriptor)
            .with_endpoint(endpoint)
            .with_app_metadata(command))
    }
}

pub(super) async fn run(client: &Client) -> Result<()> {
    let info = client.get_flight_info(FlightDescriptor::command(COMMAND)).await?;
    check::equal("the flight's app_metadata", &info.app_metadata[..], COMMAND.as_bytes())?;
    let endpoint = check::only("endpoints", &info.endpoints)?;
    check::equal("the endpoint's app_metadata", &endpoint.app_metadata[..], COMMAND.as_bytes())
}
