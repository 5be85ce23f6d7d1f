//! Our client of each scenario against our server of it, over loopback.

use std::sync::Arc;

use tokio::sync::oneshot;
use wingbeat::arrow::datatypes::{DataType, Schema};
use wingbeat::{Client, Code, Error, FlightDescriptor, FlightService, Result, Server};
use wingbeat_testkit::scenarios::{DataFile, Scenario, serve_data_files};
use wingbeat_testkit::{batch, types};

async fn bind() -> (Server, Client) {
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let client = Client::new(server.local_addr().to_string()).unwrap();
    (server, client)
}

/// Runs a client beside a server, until the client is done.
async fn beside<T>(
    serve: impl AsyncFnOnce(Server, oneshot::Receiver<()>) -> Result<()>,
    run: impl AsyncFnOnce(Client) -> T,
) -> T {
    let (server, client) = bind().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = serve(server, stopped);
    let running = async {
        let outcome = run(client).await;
        drop(stop);
        outcome
    };
    let (served, outcome) = tokio::join!(serving, running);
    served.unwrap();
    outcome
}

/// Against the server of a scenario.
async fn against<T>(scenario: Scenario, run: impl AsyncFnOnce(Client) -> T) -> T {
    let serve = async move |server, stopped: oneshot::Receiver<()>| {
        scenario.serve(server, async { stopped.await.unwrap_or(()) }).await
    };
    beside(serve, run).await
}

#[tokio::test]
async fn every_scenario_passes() {
    for scenario in Scenario::ALL.into_iter().chain(Scenario::OURS) {
        let outcome = against(scenario, async |client| scenario.run(&client).await).await;
        outcome.unwrap_or_else(|error| panic!("{scenario}: {error:?}"));
    }
}

/// The harness may try up to three times.
#[tokio::test]
async fn every_scenario_passes_again_on_the_same_server() {
    for scenario in Scenario::ALL.into_iter().chain(Scenario::OURS) {
        let outcome = against(scenario, async |client| {
            scenario.run(&client).await?;
            scenario.run(&client).await
        });
        outcome.await.unwrap_or_else(|error| panic!("{scenario}: {error:?}"));
    }
}

#[tokio::test]
async fn every_client_notices_a_server_of_nothing() {
    struct Empty;
    impl FlightService for Empty {}
    let serve = async |server: Server, stopped: oneshot::Receiver<()>| {
        server.serve_with_shutdown(Empty, async { stopped.await.unwrap_or(()) }).await
    };
    beside(serve, async |client| {
        for scenario in Scenario::ALL.into_iter().chain(Scenario::OURS) {
            let outcome = scenario.run(&client).await;
            assert!(outcome.is_err(), "{scenario}");
        }
    })
    .await;
}

#[test]
fn names_both_ways() {
    for scenario in Scenario::ALL.into_iter().chain(Scenario::OURS) {
        assert_eq!(scenario.name().parse::<Scenario>().unwrap(), scenario);
    }
    assert!("flight_sql".parse::<Scenario>().is_err());
}

async fn beside_data_files<T>(run: impl AsyncFnOnce(Client) -> T) -> T {
    let serve = async |server, stopped: oneshot::Receiver<()>| {
        serve_data_files(server, async { stopped.await.unwrap_or(()) }).await
    };
    beside(serve, run).await
}

fn file(data_type: DataType, seed: u64) -> DataFile {
    let schema = Schema::new(vec![arrow_schema::Field::new("column", data_type, true)]);
    let schema = Arc::new(schema);
    let batches = (0..3).map(|part| batch(&schema, 7 * part as usize, seed + part)).collect();
    DataFile { schema: schema.clone(), batches }
}

#[tokio::test]
async fn data_of_every_type_comes_back() {
    let flat = types::flat();
    let nested = types::around(&DataType::Int32, &DataType::Utf8);
    let dictionary = types::dictionary(DataType::Int8, DataType::Utf8);
    beside_data_files(async |client| {
        for (at, data_type) in flat.into_iter().chain(nested).chain([dictionary]).enumerate() {
            let outcome = file(data_type.clone(), at as u64).run(&client, "a/path").await;
            outcome.unwrap_or_else(|error| panic!("{data_type}: {error:?}"));
        }
    })
    .await;
}

#[tokio::test]
async fn data_files_that_differ_are_told_apart() {
    let (one, other) = (file(DataType::Int32, 1), file(DataType::Int32, 2));
    let (missing, path) = beside_data_files(async |client| {
        one.put(&client, "one").await.unwrap();
        one.get(&client, "one").await.unwrap();
        assert!(other.get(&client, "one").await.is_err());
        let fewer = DataFile { batches: one.batches[..2].to_vec(), ..one.clone() };
        assert!(fewer.get(&client, "one").await.is_err());
        let none = client.get_flight_info(FlightDescriptor::path([""; 0])).await;
        (one.get(&client, "other").await, none)
    })
    .await;
    let code = |outcome: Result<_, Error>| outcome.err().map(|error| error.code());
    assert_eq!(code(missing), Some(Code::NotFound));
    assert_eq!(path.err().map(|error| error.code()), Some(Code::InvalidArgument));
}
