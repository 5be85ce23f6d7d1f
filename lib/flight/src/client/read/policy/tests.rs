//! Where a location may lead.

use super::*;
use crate::Code;

fn home(address: &str, is_local: bool) -> Home {
    Home { address: Some(address.parse().unwrap()), is_local }
}

fn judge(policy: &LocationPolicy, home: &Home, uri: &str) -> Result<Place> {
    policy.judge(home, &Location::new(uri))
}

/// Where a location leads: to itself, `"home"`, or nowhere.
fn leads(policy: &LocationPolicy, home: &Home, uri: &str) -> String {
    match judge(policy, home, uri) {
        Ok(Place::Home) => "home".to_owned(),
        Ok(place) => place.to_string(),
        Err(error) => error.code().name().to_owned(),
    }
}

const REFUSED: &str = "FAILED_PRECONDITION";

#[test]
fn from_a_server_elsewhere_to_no_address_here() {
    let policy = LocationPolicy::default();
    let plain = home("grpc://db.example.org:8815", false);
    for (uri, expected) in [
        ("", "home"),
        (Location::REUSE_CONNECTION, "home"),
        ("grpc+tcp://DB.example.org", "home"),
        ("grpc://db.example.org:1", "grpc://db.example.org:1"),
        ("grpc+tls://db.example.org:8815", "grpc+tls://db.example.org:8815"),
        ("grpc://10.0.0.1:1", "grpc://10.0.0.1:1"),
        ("grpc://0.0.0.0:9", "grpc://db.example.org:9"),
        ("grpc://[::]:8815", "home"),
        ("grpc://127.0.0.1:1", REFUSED),
        ("grpc+tls://127.0.0.1:1", REFUSED),
        ("grpc://[::1]:1", REFUSED),
        ("grpc://[::ffff:127.0.0.1]:1", REFUSED),
        ("grpc://localhost:1", REFUSED),
        ("grpc://x.LOCALHOST.:1", REFUSED),
        ("grpc://169.254.169.254:80", REFUSED),
        ("grpc://[fe80::1%25eth0]:1", REFUSED),
        ("grpc+unix:///run/docker.sock", REFUSED),
        ("http://a/b", REFUSED),
        ("https://a/b", REFUSED),
        ("ftp://a", "UNAVAILABLE"),
        ("grpc://a:b", "UNAVAILABLE"),
    ] {
        assert_eq!(leads(&policy, &plain, uri), expected, "{uri}");
    }
    // A name is judged once it is known what it stands for.
    let place = judge(&policy, &plain, "grpc://innocent.example.org:1").unwrap();
    let reach = Reach::BeyondThisMachine;
    assert!(matches!(place, Place::Server { reach: found, .. } if found == reach));
    let allowing = policy.allow_local();
    assert_eq!(leads(&allowing, &plain, "grpc+unix:///a"), "grpc+unix:///a");
    assert_eq!(leads(&allowing, &plain, "grpc://localhost:1"), "grpc://localhost:1");
}

#[test]
fn from_a_server_here_to_any_address() {
    let policy = LocationPolicy::default();
    let in_process = Home { address: None, is_local: true };
    for home in [home("grpc://localhost:8815", true), in_process] {
        for uri in ["grpc://127.0.0.1:1", "grpc+unix:///a", "grpc://10.0.0.1:1"] {
            assert_eq!(leads(&policy, &home, uri), uri);
        }
    }
}

#[test]
fn never_from_tls_to_plaintext() {
    let policy = LocationPolicy::default();
    let secure = home("grpc+tls://db:8815", false);
    for (uri, expected) in [
        ("grpc+tls://db:8815", "home"),
        ("grpc://db:8815", REFUSED),
        ("grpc://other:1", REFUSED),
        ("grpc://0.0.0.0:8815", REFUSED),
        ("http://bucket/a", REFUSED),
        ("https://bucket/a", "https://bucket/a"),
        ("grpc+tls://other:1", "grpc+tls://other:1"),
    ] {
        let policy = policy.clone().allow_http_from(["bucket"]).unwrap();
        assert_eq!(leads(&policy, &secure, uri), expected, "{uri}");
    }
    let allowing = policy.allow_plaintext();
    assert_eq!(leads(&allowing, &secure, "grpc://other:1"), "grpc://other:1");
}

#[test]
fn only_some_hosts_and_trust_in_fewer() {
    let policy = LocationPolicy::default().only(["*.b.org", "c:1"]).unwrap();
    let policy = policy.trust_credentials_to(["x.b.org"]).unwrap();
    let home = home("grpc://db:8815", false);
    for (uri, expected) in [
        ("grpc://db:8815", Some(None)),
        ("grpc://db:1", None),
        ("grpc://x.b.org:1", Some(Some(true))),
        ("grpc://y.b.org:1", Some(Some(false))),
        ("grpc://c:1", Some(Some(false))),
        ("grpc://c:2", None),
        ("grpc+unix:///a", None),
    ] {
        let trusted = match judge(&policy, &home, uri) {
            Ok(Place::Server { is_trusted, .. }) => Some(Some(is_trusted)),
            Ok(_) => Some(None),
            Err(error) => {
                assert_eq!(error.code(), Code::FailedPrecondition);
                None
            }
        };
        assert_eq!(trusted, expected, "{uri}");
    }
    let nobody = LocationPolicy::default().only([""; 0]).unwrap();
    assert_eq!(leads(&nobody, &home, "grpc://db:8815"), "home");
    assert_eq!(leads(&nobody, &home, "grpc://other:1"), REFUSED);
    assert!(LocationPolicy::default().trust_credentials_to(["grpc://a"]).is_err());
}

#[test]
fn http_has_its_own_list() {
    let policy = LocationPolicy::default().allow_http_from(["*"]).unwrap();
    let home = home("grpc://db:8815", false);
    for (uri, expected) in [
        ("http://bucket/a?sig=1", "http://bucket/a"),
        ("HTTPS://bucket:1/a", "HTTPS://bucket:1/a"),
        ("http://169.254.169.254/latest", REFUSED),
        ("http://[::1]/a", REFUSED),
        ("http://localhost/a", REFUSED),
        ("http:///a", "UNAVAILABLE"),
    ] {
        assert_eq!(leads(&policy, &home, uri), expected, "{uri}");
    }
}

#[test]
fn a_private_network_is_allowed_by_its_own_name_alone() {
    let home = home("grpc://db:8815", false);
    let all = LocationPolicy::default().allow_http_from(["*"]).unwrap();
    let named = all.clone().allow_http_from(["10.0.0.1:9000", "minio.corp"]).unwrap();
    let reach = |policy: &LocationPolicy, uri| match judge(policy, &home, uri) {
        Ok(Place::Http { reach, .. }) => Some(reach),
        _ => None,
    };
    assert_eq!(reach(&all, "http://10.0.0.1:9000/a"), None);
    assert_eq!(reach(&named, "http://10.0.0.1:9000/a"), Some(Reach::BeyondThisMachine));
    assert_eq!(reach(&named, "http://10.0.0.1/a"), None);
    // A name is judged by the address that it stands for.
    assert_eq!(reach(&all, "http://minio.corp/a"), Some(Reach::PublicNetwork));
    assert_eq!(reach(&named, "http://minio.corp/a"), Some(Reach::BeyondThisMachine));
}
