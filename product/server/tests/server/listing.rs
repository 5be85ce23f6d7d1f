//! ListFlights.

use std::fs;

use tempfile::tempdir;
use wingbeat::{Code, Criteria, FlightInfo};

use crate::logs;
use crate::support::{TestServer, act, infos, list, name_of, rows, write_file};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn criteria_are_a_prefix_or_a_glob() {
    let server = TestServer::start().await;
    let root = server.root();
    for file in ["birds.parquet", "birdsong.csv", "land/owls.arrow", "sea/north/terns.ndjson"] {
        write_file(&root.join(file), &rows(0, 3));
    }
    // Folders of one format are a flight each.
    let client = server.client();
    assert_eq!(list(&client, "").await.unwrap(), ["birds", "birdsong", "land", "sea/north"]);
    assert_eq!(list(&client, "bird").await.unwrap(), ["birds", "birdsong"]);
    assert_eq!(list(&client, "sea/").await.unwrap(), ["sea/north"]);
    assert_eq!(list(&client, "*song").await.unwrap(), ["birdsong"]);
    assert_eq!(list(&client, "[kl]*").await.unwrap(), ["land"]);
    assert_eq!(list(&client, "**").await.unwrap().len(), 4);
    assert!(list(&client, "fish").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn criteria_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for expression in [&b"a["[..], b"\xff\xfe"] {
        let criteria = Criteria { expression: expression.into() };
        let listed = match client.list_flights(criteria).await {
            Ok(listed) => listed.collect().await.map(drop),
            Err(error) => Err(error),
        };
        assert_eq!(listed.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_listed_can_be_asked_for() {
    let server = TestServer::start().await;
    let root = server.root();
    // Two of one name, a folder beside a file of the same name, a folder in a folder.
    for file in ["a.parquet", "a.csv", "b.parquet", "b/c.parquet", "d/e/f.arrow", "h/k=1/x.csv"] {
        write_file(&root.join(file), &rows(0, 2));
    }
    let client = server.client();
    let listed = infos(&client, "").await.unwrap();
    assert!(listed.len() >= 5, "{:?}", listed.iter().map(name_of).collect::<Vec<_>>());
    for info in listed {
        let descriptor = info.flight_descriptor.clone().unwrap();
        let asked = client.get_flight_info(descriptor).await.unwrap();
        assert_eq!(without_tickets(&asked), without_tickets(&info), "{}", name_of(&info));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrupt_file_costs_one_line() {
    logs::catch();
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("torn_to_pieces.parquet"), b"PAR1 no footer PAR1").unwrap();
    write_file(&folder.path().join("whole.parquet"), &rows(0, 3));
    let server = TestServer::on(folder, |_| {}).await;
    let client = server.client();
    for _ in 0..3 {
        assert_eq!(list(&client, "").await.unwrap(), ["whole"]);
        act(&client, "refresh", "").await.unwrap();
    }
    let lines = logs::caught(|line| {
        line.values().any(|value| value.contains("torn_to_pieces")) && line["level"] == "WARN"
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    let error = client.get_flight_info(crate::support::path("torn_to_pieces")).await.unwrap_err();
    assert_eq!(error.code(), Code::DataLoss);
    assert!(error.message().contains("torn_to_pieces.parquet"), "{}", error.message());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_files_appear() {
    let server = TestServer::start().await;
    let client = server.client();
    assert!(list(&client, "").await.unwrap().is_empty());
    write_file(&server.root().join("new.parquet"), &rows(0, 3));
    assert_eq!(list(&client, "").await.unwrap(), ["new"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_itself_a_flight_is_served() {
    let server = TestServer::start().await;
    write_file(&server.root().join("k=1/x.csv"), &rows(0, 2));
    write_file(&server.root().join("k=2/x.csv"), &rows(2, 2));
    let client = server.client();
    let listed = infos(&client, "").await.unwrap();
    let [info] = listed.as_slice() else { panic!("{listed:?}") };
    let descriptor = info.flight_descriptor.clone().unwrap();
    let asked = client.get_flight_info(descriptor.clone()).await.unwrap();
    assert_eq!(without_tickets(&asked), without_tickets(info));
    let batch = crate::support::read(&client, descriptor).await.unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (4, 3));
}

/// What a flight is; a ticket says when it was made.
fn without_tickets(info: &FlightInfo) -> FlightInfo {
    FlightInfo { endpoints: Vec::new(), ..info.clone() }
}
