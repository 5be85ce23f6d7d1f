//! What strangers are not told stands in the log, and no secret does.
//!
//! A program of its own, with one test: what a line of code has to log is decided once for the
//! whole process.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::fmt::MakeWriter as _;
use wingbeat::{
    Access, Action, Authorizer, Client, FlightService, HeaderName, HeaderValue, Permission,
    Refusal, Server,
};
use wingbeat_auth::{Jwt, StaticTokens, Users, hash_password};

struct Empty;
impl FlightService for Empty {}

struct NoActions;

impl Authorizer for NoActions {
    async fn authorize(&self, access: &Access<'_>) -> Result<(), Refusal> {
        match access.permission() {
            Permission::Act => Err(Refusal::new("the rules allow no actions")),
            _ => Ok(()),
        }
    }
}

/// What is said of a file that others can read.
const READABLE: &str = "others than its owner can read the secrets";

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// What was logged since the last time.
fn logged() -> String {
    String::from_utf8(std::mem::take(&mut *LOG.lock().unwrap())).unwrap()
}

#[tokio::test]
async fn who_was_refused_and_why() {
    let filter = tracing_subscriber::EnvFilter::new("trace");
    let subscriber = tracing_subscriber::fmt().with_writer(|| LOG.make_writer()).with_ansi(false);
    subscriber.with_env_filter(filter).init();
    let folder = tempfile::tempdir().unwrap();
    let (users, tokens) = (folder.path().join("users"), folder.path().join("tokens"));
    std::fs::write(&users, format!("ada:{}\n", hash_password("pass-of-ada").unwrap())).unwrap();
    std::fs::write(&tokens, "carol:carols-very-long-token\n").unwrap();
    chmod(&tokens, 0o646);
    chmod(&users, 0o600);
    shared_keys_are_secrets(folder.path());
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let plain = Client::new(server.local_addr().to_string()).unwrap();
    let server = server
        .authenticator(StaticTokens::from_file(&tokens).unwrap())
        .authenticator(Users::from_file(&users).unwrap())
        .authorizer(NoActions);
    let _serving = AbortOnDropHandle::new(tokio::spawn(server.serve(Empty)));
    let log = logged();
    for text in [READABLE, "everybody on this machine can change it", "tokens read entries=1"] {
        assert!(log.contains(text), "{text:?} is not in {log}");
    }

    let basic = |user: &str, password: &str| plain.clone().with_basic_auth(user, password).unwrap();
    let malformed = HeaderValue::from_static("Basic a-malformed-secret");
    let malformed = plain.clone().with_header(HeaderName::from_static("authorization"), malformed);
    let (long, shown) = ("n".repeat(1000), format!("user=\"{}\"", "n".repeat(256)));
    for (client, texts) in [
        (basic(&long, "wrong-secret"), &["no such user", shown.as_str()][..]),
        (plain.clone(), &["nothing is presented"][..]),
        (basic("ada", "wrong-secret"), &["wrong password", "user=\"ada\""]),
        (basic("eve\n2026 INFO", "wrong-secret"), &["no such user", r#"user="eve\n2026 INFO""#]),
        (
            plain.clone().with_bearer_token("wrong-secret").unwrap(),
            &["not one of the static tokens; no token of a user, or expired"],
        ),
        (malformed, &["the credentials are malformed"]),
    ] {
        let error = client.do_action(Action::new("x", "")).await.unwrap_err();
        assert_eq!(error.message(), "the credentials are missing or not valid");
        expect("not authenticated", texts);
    }
    let wrong = plain.authenticate_basic_proto("ada", "wrong-secret").await;
    assert_eq!(wrong.unwrap_err().message(), "the credentials are missing or not valid");
    expect("not authenticated", &["method=Handshake", "wrong password", "user=\"ada\""]);

    let ada = plain.authenticate_basic_token("ada", "pass-of-ada").await.unwrap();
    let error = ada.do_action(Action::new("x", "")).await.unwrap_err();
    assert_eq!(error.message(), "the caller may not do this");
    let texts = ["the rules allow no actions", "user=\"ada\"", "permission=Act", r#"action \"x\""#];
    expect("not allowed", &texts);
    // What callers choose is shown up to a length.
    let (long, shown) = ("x".repeat(100_000), "x".repeat(256 - "action \"".len()));
    ada.do_action(Action::new(long, "")).await.unwrap_err();
    expect("not allowed", &[&format!(r#"resource="action \"{shown}""#)]);
    let carol = plain.clone().with_bearer_token("carols-very-long-token").unwrap();
    carol.do_get(wingbeat::Ticket::new("secret ticket")).await.unwrap_err();
    expect("UNIMPLEMENTED", &["user=\"carol\""]);

    a_file_is_looked_at_again(&users, &ada).await;
}

/// A key that signs as well as checks is one, a key that does not is none.
fn shared_keys_are_secrets(folder: &Path) {
    let jwks = ["shared", "public"].map(|name| folder.join(name));
    let shared =
        r#"{"kty": "oct", "alg": "HS256", "k": "dGhpcnR5LXR3byBieXRlcyBvZiBzaGFyZWQgc2VjcmV0"}"#;
    let public =
        r#"{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    for (file, key) in jwks.iter().zip([shared, public]) {
        std::fs::write(file, format!("{{\"keys\": [{key}]}}")).unwrap();
        chmod(file, 0o640);
        Jwt::from_jwks_file(file, "issuer", "audience").unwrap();
    }
    let log = logged();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains(READABLE)).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("/shared"), "{log}");
}

/// Said again when the file is read again, which it is when others are let at it.
async fn a_file_is_looked_at_again(users: &Path, ada: &Client) {
    chmod(users, 0o640);
    let begun = Instant::now();
    let mut log = String::new();
    while !log.contains(READABLE) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{log}");
        ada.do_get(wingbeat::Ticket::new("x")).await.unwrap_err();
        log += &logged();
    }
    let line = log.lines().find(|line| line.contains(READABLE)).unwrap();
    assert!(line.contains("/users"), "{line}");
}

/// One line, with who it was and from where, and no secret anywhere.
#[track_caller]
fn expect(what: &str, texts: &[&str]) {
    let log = logged();
    let line = log.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{log}"));
    for text in texts.iter().chain(&["peer=127.0.0.1:"]) {
        assert!(line.contains(text), "{text:?} is not in {line:?}");
    }
    for secret in ["secret", "pass-of-ada", "carols", "$argon2", "Bearer", "Basic"] {
        assert!(!log.contains(secret), "{secret:?} is in {log}");
    }
}
