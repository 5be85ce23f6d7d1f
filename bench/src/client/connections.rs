//! Clients that are connected before the clock runs.

use wingbeat::{Address, Client, ClientOptions, EncodeOptions, FlightDescriptor};

use crate::certificate;
use crate::failure::Outcome;
use crate::server::limits;

/// A client that takes messages of any size; all else is as wingbeat has it by default.
pub(crate) fn client(uri: &Address, encode: EncodeOptions) -> Outcome<Client> {
    let options = ClientOptions::default().with_limits(limits()).with_encode(encode);
    let client = Client::new(uri.to_string())?.with_options(options);
    Ok(match uri {
        Address::Tls { .. } => client.with_tls(certificate::client()?),
        _ => client,
    })
}

/// The same, with a connection that has carried a GetFlightInfo of a flight.
pub(crate) async fn connect(
    uri: &Address,
    flight: &FlightDescriptor,
    encode: EncodeOptions,
) -> Outcome<Client> {
    let client = client(uri, encode)?;
    client.get_flight_info(flight.clone()).await?;
    Ok(client)
}
