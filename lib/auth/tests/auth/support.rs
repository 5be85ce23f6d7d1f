//! A service that answers everything, and files of secrets.

use std::sync::Arc;

use wingbeat::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Client, Criteria, Error, Exchange,
    FlightDescriptor, FlightInfo, FlightService, Method, ReplyStream, Result, Ticket, Upload,
};
use wingbeat_auth::hash_password;

/// Answers every call, with the caller's name where it can.
pub(crate) struct Open;

pub(crate) fn batch() -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..3));
    RecordBatch::try_from_iter([("id", column)]).unwrap()
}

impl FlightService for Open {
    async fn list_flights(
        &self,
        _cx: &CallContext,
        _criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        let infos = ["public/a", "public/b", "secret/a"]
            .map(|name| info(FlightDescriptor::path(name.split('/'))));
        Ok(ReplyStream::from_iter(infos))
    }

    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        match &descriptor {
            FlightDescriptor::Path(path) if path.last().is_some_and(|name| name == "no") => {
                Err(Error::not_found("no such flight"))
            }
            _ => Ok(info(descriptor)),
        }
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let name = String::from_utf8(ticket.ticket.to_vec())?;
        cx.authorize(wingbeat::Permission::Read, &name).await?;
        if name.ends_with("/no") {
            return Err(Error::not_found("no such flight"));
        }
        Ok(BatchStream::from_batches(batch().schema(), [batch()]))
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        while upload.next_batch().await?.is_some() {}
        Ok(())
    }

    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let (_sender, mut receiver) = exchange.split();
        while receiver.next().await?.is_some() {}
        Ok(())
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        let text = match action.r#type.as_str() {
            "session" => format!("{:?}", cx.session().await?.map(|session| session.options)),
            _ => cx.peer_identity().unwrap_or("nobody").to_owned(),
        };
        Ok(ReplyStream::once(ActionResult::new(text)))
    }
}

fn info(descriptor: FlightDescriptor) -> FlightInfo {
    FlightInfo::new(&batch().schema()).with_descriptor(descriptor)
}

/// Who the server says that the client is.
pub(crate) async fn who(client: &Client) -> Result<String> {
    let results = client.do_action(Action::new("who", "")).await?.collect().await?;
    Ok(String::from_utf8(results[0].body.to_vec())?)
}

/// Makes a call of this method, to its end.
pub(crate) async fn call(client: &Client, method: Method) -> Result<()> {
    let path = FlightDescriptor::path(["public", "a"]);
    match method {
        Method::Handshake => {
            let mut handshake = client.handshake();
            handshake.finish();
            while handshake.next().await?.is_some() {}
        }
        Method::ListFlights => {
            drop(client.list_flights(Criteria::default()).await?.collect().await?)
        }
        Method::GetFlightInfo => drop(client.get_flight_info(path).await?),
        Method::PollFlightInfo => drop(client.poll_flight_info(path).await?),
        Method::GetSchema => drop(client.get_schema(path).await?),
        Method::DoGet => {
            drop(client.do_get(Ticket::new("public/a")).await?.collect_batches().await?);
        }
        Method::DoPut => {
            let batches = BatchStream::from_batches(batch().schema(), [batch()]);
            drop(client.do_put(path, batches).collect().await?);
        }
        Method::DoExchange => {
            let (sender, mut receiver) = client.do_exchange(path).split();
            sender.finish();
            while receiver.next().await?.is_some() {}
        }
        Method::DoAction => drop(who(client).await?),
        Method::ListActions => drop(client.list_actions().await?.collect().await?),
    }
    Ok(())
}

/// A folder with files of users and tokens: `ada` has the password `secret` and the roles `a` and
/// `b`, `bob` the password `feather`; `carol` has a token.
pub(crate) fn secrets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (ada, bob) = (hash_password("secret").unwrap(), hash_password("feather").unwrap());
    write(&folder, "users", &format!("ada:{ada}:a,b\nbob:{bob}\n"));
    write(&folder, "tokens", &format!("carol:{CAROL}:c\n"));
    folder
}

pub(crate) const CAROL: &str = "carols-very-long-token";

pub(crate) fn write(folder: &tempfile::TempDir, name: &str, text: &str) {
    let new = folder.path().join("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, folder.path().join(name)).unwrap();
}

/// Nothing stands beside a refusal that does not stand beside every answer.
#[track_caller]
pub(crate) fn nothing_more(error: &Error) {
    let known = ["content-type", "wingbeat-message-bytes-max"];
    let more: Vec<_> =
        error.metadata().keys().filter(|&name| !known.contains(&name.as_str())).collect();
    assert!(more.is_empty(), "{more:?}");
}
