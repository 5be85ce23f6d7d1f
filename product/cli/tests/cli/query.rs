//! `wingbeat poll` and `wingbeat cancel`.

use std::io::Read;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use wingbeat::{
    CallContext, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightDescriptor,
    FlightEndpoint, FlightInfo, FlightService, Message as _, PollInfo, PollQueries, Result,
    StandardAction, Ticket,
};

use super::support::{Foreign, start, wingbeat};

/// `quick` is complete after an endpoint, `endless` never.
struct Queries(PollQueries);

impl FlightService for Queries {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        Ok(FlightInfo::default().with_descriptor(descriptor))
    }

    async fn poll_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        let is_endless = descriptor == FlightDescriptor::path(["endless"]);
        let run = |_descriptor, progress: wingbeat::QueryProgress| async move {
            progress.append(FlightEndpoint::new(Ticket::new("one")));
            progress.set_progress(0.5);
            if is_endless {
                std::future::pending::<()>().await;
            }
            Ok(FlightInfo::default().with_endpoint(FlightEndpoint::new(Ticket::new("two"))))
        };
        self.0.poll(cx, descriptor, run).await
    }

    async fn cancel_flight_info(
        &self,
        cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        let asked = request.info.as_ref().and_then(|info| info.flight_descriptor.clone());
        if asked == Some(FlightDescriptor::path(["done"])) {
            return Ok(CancelStatus::NotCancellable.into());
        }
        self.0.cancel(cx, &request).await
    }
}

fn server() -> Foreign {
    let actions = [StandardAction::CancelFlightInfo];
    Foreign::start_with(Queries(PollQueries::new()), |server| server.standard_actions(actions))
}

#[test]
fn a_query_is_polled_for_to_its_end() {
    let server = server();
    let run = wingbeat(["poll", &server.url("quick")]);
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in ["{\"path\":[\"quick\"]}", "endpoint 0", "endpoint 1"] {
        assert!(text.contains(line), "{text}");
    }
    let answers = wingbeat(["poll", "--json", &server.url("quick")]).json_lines();
    let last = answers.last().unwrap();
    assert_eq!((&last["complete"], &last["progress"]), (&true.into(), &1.0.into()));
    let tickets: Vec<_> = last["info"]["endpoints"].as_array().unwrap().iter().collect();
    assert_eq!((&tickets[0]["ticket"], &tickets[1]["ticket"]), (&"one".into(), &"two".into()));
}

#[test]
fn a_query_is_cancelled_by_its_info() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let info = folder.path().join("info");
    let info = info.to_str().unwrap();
    let mut polling = start(["poll", "--json", "--save-info", info, &server.url("endless")]);
    let mut line = Vec::new();
    let mut stdout = polling.stdout();
    while !line.ends_with(b"\n") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        line.extend(byte);
    }
    let first: serde_json::Value = serde_json::from_slice(&line).unwrap();
    assert_eq!((&first["complete"], &first["progress"]), (&false.into(), &0.5.into()));
    // Whoever has it can read and cancel.
    assert_eq!(std::fs::metadata(info).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(folder.path().read_dir().unwrap().count(), 1, "nothing lies beside it");
    let cancelled = wingbeat(["cancel", &server.url(""), "--info", info]);
    assert_eq!(cancelled.data(), "CANCELLED\n");
    let polled = polling.end();
    assert_eq!(polled.code, 1, "{}", polled.stderr);
    assert!(polled.stderr.contains("CANCELLED"), "{}", polled.stderr);
    wingbeat(["cancel", &server.url(""), "--info", info]).fails(3, &["no such query"]);
}

#[test]
fn an_info_that_cannot_be_kept() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let url = server.url("quick");
    let missing = folder.path().join("no/info");
    let run = wingbeat(["poll", "--save-info", missing.to_str().unwrap(), &url]);
    run.fails(1, &["cannot write", missing.to_str().unwrap()]);
    // What is there is replaced as a whole, with its rights.
    let info = folder.path().join("info");
    std::fs::write(&info, "something else that is longer than what comes now").unwrap();
    std::fs::set_permissions(&info, std::fs::Permissions::from_mode(0o644)).unwrap();
    let inode = std::fs::metadata(&info).unwrap().ino();
    let run = wingbeat(["poll", "-q", "--save-info", info.to_str().unwrap(), &url]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let now = std::fs::metadata(&info).unwrap();
    assert_eq!((now.permissions().mode() & 0o777, now.ino() == inode), (0o600, false));
    FlightInfo::decode(std::fs::read(&info).unwrap().into()).unwrap();
}

#[test]
fn what_cannot_be_cancelled() {
    let server = server();
    wingbeat(["cancel", &server.url("done")]).fails(1, &["NOT_CANCELLABLE"]);
    wingbeat(["cancel", &server.url("other")]).fails(3, &["no such query"]);
    wingbeat(["cancel", &server.url("")]).fails(2, &["names no flight"]);
    wingbeat(["cancel", &server.url(""), "--info", "/no/such/file"]).fails(2, &["/no/such/file"]);
}
