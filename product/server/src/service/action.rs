//! DoAction: what can be done beside reading and writing.

use serde::Deserialize;
use serde_json::json;
use wingbeat::{
    Action, ActionResult, ActionType, CallContext, Error, Permission, ReplyStream, Result,
};
use wingbeat_store::DropOptions;

use super::StoreService;
use crate::log::CallRecord;
use crate::status::IntoFlight;

const DROP: &str = "drop";
/// What the cookbook's storage services call it.
const DROP_DATASET: &str = "drop_dataset";
const REFRESH: &str = "refresh";
const SERVER_INFO: &str = "server_info";
const HEALTHCHECK: &str = "healthcheck";

/// The actions, as ListActions tells them.
pub(super) fn action_types() -> Vec<ActionType> {
    let drop = "Delete a dataset. Body: its name, or JSON {\"dataset\": name, \"force\": bool, \
                \"version\": text}; force also deletes folders and files that the server did not \
                write, version deletes only that version. Result: JSON {\"path\"}.";
    [
        (DROP, drop),
        (DROP_DATASET, "The same as drop."),
        (REFRESH, "Look at the folder again now, for who may list all of it. No body, no result."),
        (SERVER_INFO, "Result: JSON {\"name\", \"version\", \"writes\"}."),
        (HEALTHCHECK, "Succeeds while the server runs. No body, no result."),
    ]
    .map(|(name, description)| ActionType::new(name, description))
    .into()
}

/// The body of a drop.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct DropRequest {
    dataset: String,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    version: Option<String>,
}

impl StoreService {
    pub(super) async fn action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        let results = match action.r#type.as_str() {
            DROP | DROP_DATASET => vec![self.drop_dataset(cx, &action.body).await?],
            REFRESH => {
                self.authorize_all(cx, Permission::List).await?;
                self.blocking(|store| store.refresh()).await?;
                Vec::new()
            }
            SERVER_INFO => vec![self.server_info()],
            HEALTHCHECK => Vec::new(),
            other => {
                let text = format!("there is no action {other:?}; ListActions names them");
                return Err(Error::unimplemented(text));
            }
        };
        let results: Vec<_> = results.into_iter().map(ActionResult::new).collect();
        Ok(ReplyStream::from_iter(results))
    }

    async fn drop_dataset(&self, cx: &CallContext, body: &[u8]) -> Result<String> {
        self.check_writes()?;
        let request = drop_request(body)?;
        if let Some(record) = CallRecord::of(cx) {
            record.dataset(&request.dataset);
        }
        self.authorize(cx, Permission::Drop, &request.dataset).await?;
        let mut options = DropOptions::default().with_explicit(request.force);
        if let Some(version) = request.version {
            options = options.with_version(version);
        }
        let dropped = self.store.drop(&request.dataset, options).await.into_flight()?;
        Ok(serde_json::to_string(&dropped)?)
    }

    fn server_info(&self) -> String {
        let writes = self.check_writes().is_ok();
        json!({ "name": "wingbeat", "version": env!("CARGO_PKG_VERSION"), "writes": writes })
            .to_string()
    }
}

/// Reads the body of a drop: JSON, or a bare name.
fn drop_request(body: &[u8]) -> Result<DropRequest> {
    if body.trim_ascii_start().first() == Some(&b'{') {
        return serde_json::from_slice(body)
            .map_err(|e| Error::invalid_argument(format!("the body of drop is not valid: {e}")));
    }
    match std::str::from_utf8(body).map(str::trim) {
        Ok(name) if !name.is_empty() => {
            Ok(DropRequest { dataset: name.to_owned(), force: false, version: None })
        }
        _ => Err(Error::invalid_argument("the body of drop names no dataset")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_is_a_name_or_json() {
        let bare = drop_request(b"a/b\n").unwrap();
        assert_eq!(bare, DropRequest { dataset: "a/b".to_owned(), force: false, version: None });
        assert!(drop_request(br#"{"dataset": "a", "force": true}"#).unwrap().force);
        for body in [&b""[..], b"  ", b"\xff", b"{}", br#"{"dataset": "a", "forse": true}"#] {
            assert!(drop_request(body).is_err(), "{body:?}");
        }
    }
}
