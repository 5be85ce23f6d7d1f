//! Clients that are connected before the clock runs.

use wingbeat::{Address, Client, ClientOptions, EncodeOptions, FlightDescriptor};

use crate::failure::Outcome;
use crate::server::limits;

/// So many clients, each with a connection of its own that has carried one call.
pub(crate) async fn connect(
    uri: &Address,
    encode: EncodeOptions,
    connections: u32,
) -> Outcome<Vec<Client>> {
    let options = ClientOptions::default().with_limits(limits()).with_encode(encode);
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = Client::new(uri.to_string())?.with_options(options.clone());
        client.get_flight_info(FlightDescriptor::path(["x"])).await?;
        clients.push(client);
    }
    Ok(clients)
}
