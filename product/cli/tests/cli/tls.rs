//! `wingbeat serve` with a certificate, and the commands that talk to it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;
use wingbeat_testkit::certificates::{Authority, PairFiles};

use crate::support::{BIRDS_CSV, Server, binary, wingbeat};

const TLS: &str = "grpc+tls://localhost:0";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/birds.csv"), BIRDS_CSV).unwrap();
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The authority's own certificate, as a file.
fn roots(folder: &Path, name: &str, authority: &Authority) -> String {
    let path = folder.join(name);
    fs::write(&path, authority.pem()).unwrap();
    text(&path).to_owned()
}

fn serve(folder: &Path, files: &PairFiles, more: &[&str]) -> Server {
    let pair = ["--tls-cert", text(&files.certificate), "--tls-key", text(&files.key)];
    let args = [&["--bind", TLS], &pair[..], more].concat();
    Server::with_args(&folder.join("data"), &args)
}

#[test]
fn a_certificate_that_signs_itself() {
    let folder = folder();
    let state = folder.path().join("state");
    let mut command = binary();
    command.env("XDG_STATE_HOME", &state).arg("serve").arg(folder.path().join("data"));
    command.args(["--tls-self-signed", "--bind", TLS]);
    let server = Server::spawn(command, 1);
    let (file, url) = (state.join("wingbeat/self-signed.crt"), server.url("birds"));
    server.log_line(&["clients trust this server by its certificate", text(&file)]);
    let root = server.url("");
    let root = root.trim_end_matches('/');
    server.log_line(&["wingbeat ls", root, "--tls-roots", text(&file)]);
    server.log_line(&["pyarrow.flight.connect(", root, "tls_root_certs=open("]);
    let key = state.join("wingbeat/self-signed.key");
    assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);

    let trust = ["--tls-roots", text(&file)];
    let get = wingbeat([&["get", &url, "--format", "csv"], &trust[..]].concat());
    assert_eq!(get.data(), BIRDS_CSV);
    let ping = wingbeat([&["ping", root, "--count", "1", "--json"], &trust[..]].concat());
    assert_eq!(ping.json_lines().len(), 1);
    let upload = folder.path().join("more.csv");
    fs::write(&upload, BIRDS_CSV).unwrap();
    let put = wingbeat([&["put", text(&upload), &server.url("more"), "-q"], &trust[..]].concat());
    assert_eq!(put.data(), "");
    let get = server.url("more");
    let get = wingbeat([&["get", &get, "--format", "csv"], &trust[..]].concat());
    assert_eq!(get.data(), BIRDS_CSV);

    wingbeat(["get", &url]).fails(5, &["root", "UNAVAILABLE"]);
    let any = wingbeat(["get", &url, "--format", "csv", "--dangerously-accept-any-certificate"]);
    assert_eq!(any.data(), BIRDS_CSV);
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let folder = folder();
    let authority = Authority::new("ours");
    let files = authority.localhost().write(folder.path(), "server");
    let ca = roots(folder.path(), "ca.crt", &authority);
    let chmod = |mode| fs::set_permissions(&files.key, fs::Permissions::from_mode(mode)).unwrap();
    let warning = ["others than its owner can read the key", text(&files.key)];
    chmod(0o640);
    serve(folder.path(), &files, &[]).log_line(&warning);
    chmod(0o600);
    let private = serve(folder.path(), &files, &[]);
    private.signal(Signal::TERM);
    let (_, log) = private.end();
    assert!(!log.iter().any(|line| line.contains(warning[0])), "{log:?}");
    // And when the file is read again.
    let server = serve(folder.path(), &files, &[]);
    chmod(0o604);
    let url = server.url("");
    wingbeat(["ls", url.trim_end_matches('/'), "--tls-roots", &ca]).data();
    server.log_line(&warning);
}

#[test]
fn clients_with_certificates() {
    let folder = folder();
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let files = ours.localhost().write(folder.path(), "server");
    let ca = roots(folder.path(), "ca.crt", &ours);
    let server = serve(folder.path(), &files, &["--tls-client-ca", &ca]);
    let url = server.url("birds");
    let get = ["get", &url, "--format", "csv", "--tls-roots", &ca];
    let showing = |name: &str, authority: &Authority| {
        let files = authority.named("ada").write(folder.path(), name);
        let pair = ["--cert", text(&files.certificate), "--key", text(&files.key)];
        wingbeat([&get[..], &pair[..]].concat())
    };
    assert_eq!(showing("ours", &ours).data(), BIRDS_CSV);
    let refused = ["the server refuses the client certificate", "UNAVAILABLE"];
    showing("theirs", &theirs).fails(5, &refused);
    server.log_line(&["without TLS", "its certificate is not to be trusted"]);
    wingbeat(get).fails(5, &["the server asks for a client certificate"]);
    server.log_line(&["without TLS", "it shows no certificate"]);

    // Nobody could be let in beside it.
    let plain = ["--bind", "grpc://127.0.0.1:0", "--bind", TLS, "--tls-client-ca", &ca];
    let pair = ["--tls-cert", text(&files.certificate), "--tls-key", text(&files.key)];
    let data = folder.path().join("data");
    let beside = [&["serve", text(&data)][..], &plain, &pair].concat();
    wingbeat(beside).fails(1, &["grpc://127.0.0.1:0 takes none"]);

    let optional = ["--tls-client-ca", &ca, "--tls-client-optional"];
    let server = serve(folder.path(), &files, &optional);
    let url = server.url("birds");
    let get = wingbeat(["get", &url, "--format", "csv", "--tls-roots", &ca]);
    assert_eq!(get.data(), BIRDS_CSV);
}

#[test]
fn the_name_of_a_server_can_be_another() {
    let folder = folder();
    let authority = Authority::new("ours");
    let files = authority.named("not used").write(folder.path(), "client");
    let named = wingbeat_testkit::certificates::Subject {
        names: vec!["flights.example.org"],
        ..Default::default()
    };
    let pair = authority.sign(named).write(folder.path(), "server");
    let ca = roots(folder.path(), "ca.crt", &authority);
    let server = serve(folder.path(), &pair, &[]);
    let url = server.url("birds");
    let get = ["get", &url, "--format", "csv", "--tls-roots", &ca];
    wingbeat(get).fails(5, &["flights.example.org"]);
    let renamed = [&get[..], &["--tls-server-name", "flights.example.org"]].concat();
    assert_eq!(wingbeat(renamed).data(), BIRDS_CSV);

    // A new certificate is taken while the server runs.
    let new = authority.localhost();
    fs::write(&pair.key, &new.key).unwrap();
    fs::write(&pair.certificate, &new.certificate).unwrap();
    assert_eq!(wingbeat(get).data(), BIRDS_CSV);
    server.log_line(&["read again for TLS"]);
    drop(files);
}

#[test]
fn mistakes_about_tls() {
    let folder = folder();
    let data = folder.path().join("data");
    let data = text(&data);
    let authority = Authority::new("ours");
    let files = authority.localhost().write(folder.path(), "server");
    let (certificate, key) = (text(&files.certificate), text(&files.key));
    for (args, code, said) in [
        (vec!["serve", data, "--bind", TLS], 1, "--tls-self-signed"),
        (vec!["serve", data, "--tls-cert", certificate], 2, "--tls-key"),
        (vec!["serve", data, "--tls-client-ca", certificate], 2, "--tls-cert"),
        (
            vec!["serve", data, "--bind", "grpc://127.0.0.1:0", "--tls-cert", certificate]
                .into_iter()
                .chain(["--tls-key", key])
                .collect(),
            1,
            "no address begins with grpc+tls://",
        ),
        (
            vec!["serve", data, "--bind", TLS, "--tls-cert", key, "--tls-key", certificate],
            1,
            "there is no certificate in",
        ),
        (
            vec!["serve", data, "--bind", TLS, "--tls-cert", "/no/such", "--tls-key", key],
            1,
            "cannot read /no/such",
        ),
        (vec!["ls", "grpc://127.0.0.1:1", "--tls-roots", certificate], 2, "grpc+tls://"),
        (vec!["ls", TLS, "--cert", certificate], 2, "--key"),
    ] {
        wingbeat(&args).fails(code, &[said]);
    }

    let plain = Server::start(&folder.path().join("data"));
    let url = plain.url("birds");
    let secure = url.replace("grpc://", "grpc+tls://");
    wingbeat(["get", &secure, "--tls-roots", certificate]).fails(5, &["grpc://"]);
    let server = serve(folder.path(), &files, &[]);
    let plain = server.url("birds").replace("grpc+tls://", "grpc://");
    wingbeat(["get", &plain]).fails(5, &["the peer speaks TLS", "grpc+tls://"]);
}
