//! What a server thinks of the client's certificate (mutual TLS).

use wingbeat_testkit::certificates::Subject;

use super::*;

fn showing(tls: ClientTls, pair: &Pair) -> ClientTls {
    tls.with_certificate(text(&pair.certificate), text(&pair.key))
}

#[tokio::test]
async fn a_certificate_says_who_calls() {
    let authority = Authority::new("ours");
    let tls = server_tls(&authority.localhost());
    let server = start(tls.with_client_roots(text(authority.pem())).unwrap()).await;
    let all = Subject {
        common_name: Some("ada"),
        names: vec!["10.0.0.1", "ada.example.org"],
        uris: vec!["spiffe://example.org/ada"],
        emails: vec!["ada@example.org"],
        ..Subject::default()
    };
    let no_uri = Subject { uris: vec![], ..all.clone() };
    let no_host = Subject { names: vec![], ..no_uri.clone() };
    for (pair, name) in [
        (authority.sign(all), "spiffe://example.org/ada"),
        (authority.sign(no_uri), "ada.example.org"),
        (authority.sign(no_host), "ada@example.org"),
        (authority.named("ada"), "ada"),
    ] {
        let channel = channel(&server, showing(believing(&authority), &pair));
        assert_eq!(ask(&channel).await.unwrap(), name);
        assert_eq!(ask(&channel).await.unwrap(), name, "every call of the connection has it");
    }
}

#[tokio::test]
async fn others_are_refused() {
    let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
    let tls = server_tls(&authority.localhost());
    let server = start(tls.with_client_roots(text(authority.pem())).unwrap()).await;
    let client = believing(&authority);
    let expired = Subject { common_name: Some("ada"), expired: true, ..Subject::default() };
    for (tls, because) in [
        (client.clone(), "the server asks for a client certificate"),
        (showing(client.clone(), &other.named("ada")), "the server refuses the client certificate"),
        (
            showing(client.clone(), &authority.sign(expired)),
            "the server refuses the client certificate (CertificateExpired)",
        ),
    ] {
        // Whether the alert overtakes the end of the connection would be a matter of time.
        for _ in 0..5 {
            refused(&channel(&server, tls.clone()), because).await;
        }
    }
    // One without any name has nothing to be known by.
    let nameless = authority.sign(Subject::default());
    let status = ask(&channel(&server, showing(client, &nameless))).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable, "{status}");
}

#[tokio::test]
async fn a_certificate_may_be_optional() {
    let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
    let tls = server_tls(&authority.localhost());
    let tls = tls.with_optional_client_roots(text(authority.pem())).unwrap();
    assert!(!tls.requires_certificates());
    let server = start(tls).await;
    let client = believing(&authority);
    assert_eq!(ask(&channel(&server, client.clone())).await.unwrap(), "nobody");
    let ada = showing(client.clone(), &authority.named("ada"));
    assert_eq!(ask(&channel(&server, ada)).await.unwrap(), "ada");
    let foreign = showing(client, &other.named("ada"));
    refused(&channel(&server, foreign), "the server refuses the client certificate").await;
}
