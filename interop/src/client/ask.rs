//! The calls that carry no batches.

use std::path::Path;

use serde_json::{Value, json};
use wingbeat::{
    Action, BasicAuth, Client, Criteria, Error, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, Message as _, Result,
};

use crate::files;
use crate::report::{Report, text};

/// The names of the flights.
pub(super) async fn list(client: Client, criteria: String) -> Result<Report> {
    let mut flights = client.list_flights(Criteria::new(criteria)).await?;
    let mut names = Vec::new();
    while let Some(info) = flights.next().await? {
        names.push(descriptor(info.flight_descriptor.as_ref())["path"][0].clone());
    }
    Ok(json!({"names": names}))
}

/// Every field but the schema.
pub(super) async fn info(client: Client, asked: FlightDescriptor) -> Result<Report> {
    Ok(info_json(&client.get_flight_info(asked).await?))
}

/// What PollFlightInfo says of a flight that is complete.
pub(super) async fn poll(client: Client, name: String) -> Result<Report> {
    let poll = client.poll_flight_info(FlightDescriptor::path([name])).await?;
    let records = poll.info.as_ref().map(|info| info.total_records);
    let next = poll.flight_descriptor.as_ref().map(|next| descriptor(Some(next)));
    Ok(json!({"total_records": records, "descriptor": next, "progress": poll.progress}))
}

/// The schema of GetSchema, as a stream without batches.
pub(super) async fn schema(client: Client, name: String, out: &Path) -> Result<Report> {
    let schema = client.get_schema(FlightDescriptor::path([name])).await?;
    files::Writer::create(out, &schema)?.finish()?;
    Ok(json!({"fields": schema.fields().len()}))
}

/// The schema of GetFlightInfo, as a stream without batches.
pub(super) async fn info_schema(client: Client, name: String, out: &Path) -> Result<Report> {
    let info = client.get_flight_info(FlightDescriptor::path([name])).await?;
    let schema = client.decode_schema(&info)?;
    let schema = schema.ok_or_else(|| Error::internal("the info has no schema"))?;
    files::Writer::create(out, &schema)?.finish()?;
    Ok(json!({"fields": schema.fields().len()}))
}

/// The bodies of the results.
pub(super) async fn action(client: Client, r#type: String, body: String) -> Result<Report> {
    let mut results = client.do_action(Action::new(r#type, body)).await?;
    let mut bodies = Vec::new();
    while let Some(result) = results.next().await? {
        bodies.push(text(&result.body));
    }
    Ok(json!({"results": bodies}))
}

/// The actions by type.
pub(super) async fn actions(client: Client) -> Result<Report> {
    let mut offered = client.list_actions().await?;
    let mut actions = serde_json::Map::new();
    while let Some(action) = offered.next().await? {
        actions.insert(action.r#type, action.description.into());
    }
    Ok(json!({"actions": actions}))
}

/// The server's first answer to a BasicAuth payload.
pub(super) async fn handshake(client: Client, user: String, password: String) -> Result<Report> {
    let payload = BasicAuth { username: user, password }.encode();
    let mut call = client.handshake();
    call.send(HandshakeRequest::new(payload)).await?;
    let answer = call.next().await?;
    call.finish();
    let rest = call.next().await?.is_some();
    Ok(json!({"payload": answer.map(|answer| text(&answer.payload)), "more": rest}))
}

fn info_json(info: &FlightInfo) -> Value {
    json!({
        "descriptor": descriptor(info.flight_descriptor.as_ref()),
        "total_records": info.total_records,
        "total_bytes": info.total_bytes,
        "ordered": info.ordered,
        "app_metadata": text(&info.app_metadata),
        "endpoints": info.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
    })
}

fn endpoint(endpoint: &FlightEndpoint) -> Value {
    json!({
        "ticket": endpoint.ticket.as_ref().map(|ticket| text(&ticket.ticket)),
        "locations": endpoint.locations.iter().map(|at| at.uri.clone()).collect::<Vec<_>>(),
        "expiration_time": endpoint.expiration_time.map(|time| json!([time.seconds, time.nanos])),
        "app_metadata": text(&endpoint.app_metadata),
    })
}

fn descriptor(descriptor: Option<&FlightDescriptor>) -> Value {
    match descriptor {
        Some(FlightDescriptor::Path(path)) => json!({"path": path}),
        Some(FlightDescriptor::Command(command)) => json!({"command": text(command)}),
        Some(FlightDescriptor::Unknown) => json!({}),
        None => Value::Null,
    }
}
