//! Certificates that change while the server runs.

use std::fs;

use super::*;

#[tokio::test]
async fn a_new_certificate_is_for_new_connections() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let folder = tempfile::tempdir().unwrap();
    let files = old.localhost().write(folder.path(), "server");
    let server = start(ServerTls::from_pem_files(&files.certificate, &files.key).unwrap()).await;
    let before = channel(&server, believing(&old));
    assert_eq!(ask(&before).await.unwrap(), "nobody");

    // Half of it: the pair does not fit together, and what was there stays.
    let pair = new.localhost();
    fs::write(&files.certificate, &pair.certificate[..pair.certificate.len() / 2]).unwrap();
    assert_eq!(ask(&channel(&server, believing(&old))).await.unwrap(), "nobody");
    fs::write(&files.certificate, &pair.certificate).unwrap();
    assert_eq!(ask(&channel(&server, believing(&old))).await.unwrap(), "nobody");
    fs::remove_file(&files.key).unwrap();
    assert_eq!(ask(&channel(&server, believing(&old))).await.unwrap(), "nobody");

    fs::write(&files.key, &pair.key).unwrap();
    assert_eq!(ask(&channel(&server, believing(&new))).await.unwrap(), "nobody");
    refused(&channel(&server, believing(&old)), "no root that is known here").await;
    assert_eq!(ask(&before).await.unwrap(), "nobody", "the connection goes on");
}

#[tokio::test]
async fn so_do_the_roots_of_clients() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("clients.crt");
    fs::write(&roots, old.pem()).unwrap();
    let tls = server_tls(&old.localhost()).with_client_roots(PemSource::file(&roots)).unwrap();
    let server = start(tls).await;
    let (was, is) = (old.named("was"), new.named("is"));
    let client = |pair: &Pair| {
        let tls = believing(&old);
        channel(&server, tls.with_certificate(text(&pair.certificate), text(&pair.key)))
    };
    assert_eq!(ask(&client(&was)).await.unwrap(), "was");
    refused(&client(&is), "the server refuses the client certificate").await;

    fs::write(&roots, format!("{}\n{}", old.pem(), new.pem())).unwrap();
    assert_eq!(ask(&client(&was)).await.unwrap(), "was");
    assert_eq!(ask(&client(&is)).await.unwrap(), "is");

    fs::write(&roots, new.pem()).unwrap();
    refused(&client(&was), "the server refuses the client certificate").await;
    assert_eq!(ask(&client(&is)).await.unwrap(), "is");
}

#[tokio::test]
async fn so_does_what_a_client_shows() {
    let authority = Authority::new("ours");
    let folder = tempfile::tempdir().unwrap();
    let tls = server_tls(&authority.localhost()).with_client_roots(text(authority.pem())).unwrap();
    let server = start(tls).await;
    let files = authority.named("ada").write(folder.path(), "client");
    let client = believing(&authority)
        .with_certificate(PemSource::file(&files.certificate), PemSource::file(&files.key));
    assert_eq!(ask(&channel(&server, client.clone())).await.unwrap(), "ada");
    authority.named("bob").write(folder.path(), "client");
    assert_eq!(ask(&channel(&server, client)).await.unwrap(), "bob");
}
