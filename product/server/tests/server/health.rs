//! `grpc.health.v1`, asked by tonic's client.

use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::TestServer;

pub(crate) async fn health(server: &TestServer) -> HealthClient<Channel> {
    let uri = server.address.replace("grpc://", "http://");
    HealthClient::new(Channel::from_shared(uri).unwrap().connect().await.unwrap())
}

pub(crate) fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_runs_is_serving() {
    let server = TestServer::start().await;
    let mut health = health(&server).await;
    for service in ["", "arrow.flight.protocol.FlightService"] {
        let status = health.check(of(service)).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service:?}");
    }
    let unknown = health.check(of("geese")).await.unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_learns_of_the_end_and_holds_nothing_up() {
    let server = TestServer::start().await;
    let mut health = health(&server).await;
    let mut watches = Vec::new();
    for service in ["", "arrow.flight.protocol.FlightService"] {
        let mut watch = health.watch(of(service)).await.unwrap().into_inner();
        let first = watch.message().await.unwrap().unwrap();
        assert_eq!(first.status(), ServingStatus::Serving);
        watches.push(watch);
    }
    // Far below the time that calls have to end: the watches end by themselves.
    let begun = std::time::Instant::now();
    let end = tokio::spawn(server.ended());
    for mut watch in watches {
        let next = watch.message().await.unwrap().unwrap();
        assert_eq!(next.status(), ServingStatus::NotServing);
        assert!(watch.message().await.unwrap().is_none());
    }
    end.await.unwrap().unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}
