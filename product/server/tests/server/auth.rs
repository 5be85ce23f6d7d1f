//! Who is let in, what the policy allows, and that the answer tells nothing of what is there.

use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use tempfile::TempDir;
use tonic_health::pb::health_check_response::ServingStatus;
use wingbeat::{Client, Code, Error, Method, Result, Ticket};
use wingbeat_auth::hash_password;
use wingbeat_server::{JwtConfig, ServeConfig};

use crate::health::{health, of};
use crate::logs;
use crate::support::{
    TestServer, act, command, get, infos, list, name_of, path, put, read, rows, with, write_file,
};

/// Ada owns `sales`, analysts read it, anyone reads `public`, and auditors see every name.
const POLICY: &str = r#"
    [[rule]]
    who = ["user:ada"]
    may = ["read", "write", "drop"]
    what = ["sales"]

    [[rule]]
    who = ["role:analysts"]
    may = ["read"]
    what = ["sales"]

    [[rule]]
    who = ["anyone"]
    may = ["read"]
    what = ["public/"]

    [[rule]]
    who = ["role:auditors"]
    may = ["list"]
    what = ["*"]
"#;

const TOKENS: &str = "
    bob:bobs-very-long-token:analysts
    eve:eves-very-long-token
    olga:olgas-very-long-token:auditors
";

struct Secrets(TempDir);

impl Secrets {
    fn new() -> Self {
        let secrets = Self(tempfile::tempdir().unwrap());
        secrets.write("users", &format!("ada:{}\n", hash_password("secret").unwrap()));
        secrets.write("tokens", TOKENS);
        secrets.write("policy", POLICY);
        secrets
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path("new"), text).unwrap();
        std::fs::rename(self.path("new"), self.path(name)).unwrap();
    }

    fn fill(&self, config: &mut ServeConfig) {
        config.auth.users = Some(self.path("users"));
        config.auth.tokens = Some(self.path("tokens"));
        config.auth.policy = Some(self.path("policy"));
    }
}

/// A server with a dataset in each of three folders.
async fn guarded(secrets: &Secrets) -> TestServer {
    let server = TestServer::with(|config| secrets.fill(config)).await;
    for name in ["sales/a.parquet", "public/a.parquet", "secret/a.parquet"] {
        write_file(&server.root().join(name), &rows(0, 3));
    }
    act(&with_token(&server, "olga"), "refresh", "").await.unwrap();
    server
}

async fn ada(server: &TestServer) -> Client {
    server.client().authenticate_basic_token("ada", "secret").await.unwrap()
}

fn with_token(server: &TestServer, name: &str) -> Client {
    server.client().with_bearer_token(&format!("{name}s-very-long-token")).unwrap()
}

/// Code and words, without the id of the request.
fn answer(error: &Error) -> (Code, String) {
    let words = error.message().split(" (request id").next().unwrap_or_default();
    (error.code(), words.to_owned())
}

fn denied() -> (Code, String) {
    (Code::PermissionDenied, "the caller may not do this".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answers_a_stranger() {
    let secrets = Secrets::new();
    let server = guarded(&secrets).await;
    let client = server.client();
    for method in Method::ALL {
        let error = match method {
            Method::Handshake => {
                let mut handshake = client.handshake();
                handshake.finish();
                handshake.next().await.map(|_| ())
            }
            Method::ListFlights => infos(&client, "").await.map(|_| ()),
            Method::GetFlightInfo => client.get_flight_info(path("public/a")).await.map(|_| ()),
            Method::PollFlightInfo => client.poll_flight_info(path("public/a")).await.map(|_| ()),
            Method::GetSchema => client.get_schema(path("public/a")).await.map(|_| ()),
            Method::DoGet => client.do_get(Ticket::new("public/a")).await.map(|_| ()),
            Method::DoPut => put(&client, path("public/a"), &[rows(0, 1)]).await.map(|_| ()),
            Method::DoExchange => {
                let (sender, mut receiver) = client.do_exchange(path("public/a")).split();
                sender.finish();
                receiver.next().await.map(|_| ())
            }
            Method::DoAction => act(&client, "server_info", "").await.map(|_| ()),
            Method::ListActions => match client.list_actions().await {
                Ok(actions) => actions.collect().await.map(|_| ()),
                Err(error) => Err(error),
            },
        };
        let expected = "the credentials are missing or not valid".to_owned();
        assert_eq!(answer(&error.unwrap_err()), (Code::Unauthenticated, expected), "{method}");
    }
}

/// Whoever starts and stops servers has no credentials of their callers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_to_strangers() {
    let secrets = Secrets::new();
    let server = guarded(&secrets).await;
    let mut health = health(&server).await;
    let checked = health.check(of("")).await.unwrap().into_inner();
    assert_eq!(checked.status(), ServingStatus::Serving);
    let mut watch = health.watch(of("")).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_says_who_reads_writes_and_drops() {
    let secrets = Secrets::new();
    let server = guarded(&secrets).await;
    let (ada, bob, eve) =
        (ada(&server).await, with_token(&server, "bob"), with_token(&server, "eve"));
    put(&ada, path("sales/b"), &[rows(0, 5)]).await.unwrap();
    for client in [&ada, &bob] {
        assert_eq!(read(client, path("sales/b")).await.unwrap(), rows(0, 5));
        assert_eq!(get(client, "sales/b.parquet").await.unwrap(), rows(0, 5));
    }
    assert_eq!(read(&eve, path("public/a")).await.unwrap(), rows(0, 3));
    let writes = put(&bob, path("sales/b"), &[rows(9, 1)]).await.map(|_| ());
    let drops = act(&bob, "drop", "sales/b").await.map(|_| ());
    let as_command = put(&bob, command(r#"{"dataset": "sales/b"}"#), &[rows(9, 1)]).await;
    for refused in [writes, drops, as_command.map(|_| ())] {
        assert_eq!(answer(&refused.unwrap_err()), denied());
    }
    assert_eq!(read(&ada, path("sales/b")).await.unwrap(), rows(0, 5));
    act(&ada, "drop", "sales/b").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_shows_what_the_caller_may_see() {
    let secrets = Secrets::new();
    let server = guarded(&secrets).await;
    let all = ["public", "sales", "secret"];
    for (client, names) in [
        (ada(&server).await, &all[..2]),
        (with_token(&server, "bob"), &all[..2]),
        (with_token(&server, "eve"), &all[..1]),
        (with_token(&server, "olga"), &all[..]),
    ] {
        let found = list(&client, "").await.unwrap();
        assert_eq!(found, names);
    }
    // Olga sees every name, and of what she may not read nothing else.
    let olga = with_token(&server, "olga");
    for info in infos(&olga, "").await.unwrap() {
        let is_readable = name_of(&info) == "public";
        let schema = olga.decode_schema(&info).unwrap().unwrap();
        assert_eq!(!schema.fields().is_empty(), is_readable, "{info:?}");
        assert_eq!(!info.endpoints.is_empty(), is_readable, "{info:?}");
        assert_eq!(!info.app_metadata.is_empty(), is_readable, "{info:?}");
        assert_eq!((info.total_records, info.total_bytes) != (-1, -1), is_readable, "{info:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_is_the_same_whether_or_not_it_exists() {
    let secrets = Secrets::new();
    let server = guarded(&secrets).await;
    let eve = with_token(&server, "eve");
    // A ticket that somebody else got, and one that she makes up.
    let bob = with_token(&server, "bob");
    let ticket = bob.get_flight_info(path("sales/a")).await.unwrap().endpoints[0].ticket.clone();
    assert_eq!(answer(&eve.do_get(ticket.unwrap()).await.unwrap_err()), denied());
    for name in ["sales/a", "sales/no", "secret/a", "secret/no", "sales/a.parquet", "sales//a"] {
        let json = format!(r#"{{"dataset": "{name}"}}"#);
        let answers: [Result<()>; 8] = [
            eve.get_flight_info(path(name)).await.map(|_| ()),
            eve.get_flight_info(command(json.clone())).await.map(|_| ()),
            eve.poll_flight_info(path(name)).await.map(|_| ()),
            eve.get_schema(command(name)).await.map(|_| ()),
            get(&eve, name).await.map(|_| ()),
            get(&eve, json).await.map(|_| ()),
            put(&eve, path(name), &[rows(0, 1)]).await.map(|_| ()),
            act(&eve, "drop", name).await.map(|_| ()),
        ];
        for refused in answers {
            assert_eq!(answer(&refused.unwrap_err()), denied(), "{name}");
        }
    }
    // Nor is she told what lies near a name that she may ask for.
    write_file(&server.root().join("publie/a.parquet"), &rows(0, 3));
    act(&with_token(&server, "olga"), "refresh", "").await.unwrap();
    let (code, words) = answer(&eve.get_flight_info(path("public/b")).await.unwrap_err());
    assert_eq!((code, words.as_str()), (Code::NotFound, "no dataset is named \"public/b\""));
}

/// Who was refused finds help with the id that the answer has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_knows_a_refusal_by_its_request_id() {
    logs::catch();
    let secrets = Secrets::new();
    let server = guarded(&secrets).await;
    let id =
        |error: Error| error.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    let warnings = |id: &str| {
        logs::caught(|line| {
            line["level"] == "WARN" && line.get("request_id").is_some_and(|found| found == id)
        })
    };
    let stranger = id(server.client().get_schema(path("public/a")).await.unwrap_err());
    let found = warnings(&stranger);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["message"], "not authenticated");
    assert_eq!(found[0]["reason"], "nothing is presented");
    let line = logs::call(&stranger).await;
    assert!(!line.contains_key("user"), "{line:?}");

    let eve = id(get(&with_token(&server, "eve"), "sales/a").await.unwrap_err());
    let found = warnings(&eve);
    assert_eq!(found.len(), 1, "{found:?}");
    let [message, user, resource] = ["message", "user", "resource"].map(|name| &*found[0][name]);
    assert_eq!((message, user, resource), ("not allowed", "eve", "\"sales/a\""));
    let line = logs::call(&eve).await;
    let [user, dataset, code] = ["user", "dataset", "code"].map(|name| &*line[name]);
    assert_eq!((user, dataset, code), ("eve", "sales/a", "PERMISSION_DENIED"));

    // A handshake is the user's too, with the password in a header or in its message.
    let named = |id| with(&server.client(), "x-request-id", id);
    named("shake-header").authenticate_basic_token("ada", "secret").await.unwrap();
    named("shake-payload").authenticate_basic_proto("ada", "secret").await.unwrap();
    named("shake-wrong").authenticate_basic_proto("ada", "wrong").await.unwrap_err();
    for (id, user) in
        [("shake-header", Some("ada")), ("shake-payload", Some("ada")), ("shake-wrong", None)]
    {
        let line = logs::call(id).await;
        assert_eq!(line["method"], "Handshake");
        assert_eq!(line.get("user").map(String::as_str), user, "{line:?}");
    }
    assert_eq!(warnings("shake-wrong").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_web_tokens_and_a_policy_that_changes() {
    let secrets = Secrets::new();
    let secret = b"thirty-two bytes of shared secret";
    let key = json!({"keys": [{"kty": "oct", "alg": "HS256", "kid": "1",
        "k": "dGhpcnR5LXR3byBieXRlcyBvZiBzaGFyZWQgc2VjcmV0"}]});
    secrets.write("jwks", &key.to_string());
    let server = TestServer::with(|config| {
        secrets.fill(config);
        config.auth.jwt = Some(JwtConfig {
            jwks: secrets.path("jwks"),
            issuer: "https://issuer".to_owned(),
            audience: "wingbeat".to_owned(),
            name_claim: "sub".to_owned(),
            role_claim: "groups".to_owned(),
        });
    })
    .await;
    write_file(&server.root().join("sales/a.parquet"), &rows(0, 3));
    act(&with_token(&server, "olga"), "refresh", "").await.unwrap();
    // It is about everything, so that a part is not enough.
    let refused = act(&ada(&server).await, "refresh", "").await.unwrap_err();
    assert_eq!(answer(&refused), denied());
    let token = |exp: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let exp = now.as_secs() as i64 + exp;
        let claims = json!({"iss": "https://issuer", "aud": "wingbeat", "sub": "kim", "exp": exp,
            "groups": ["analysts"]});
        encode(&Header::default(), &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let kim = server.client().with_bearer_token(&token(60)).unwrap();
    assert_eq!(read(&kim, path("sales/a")).await.unwrap(), rows(0, 3));
    let late = server.client().with_bearer_token(&token(-120)).unwrap();
    let error = read(&late, path("sales/a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
    // A policy that is empty is one that is still written: the one before holds.
    secrets
        .write("policy", "[[rule]]\nwho = [\"user:nobody\"]\nmay = [\"read\"]\nwhat = [\"*\"]\n");
    let begun = std::time::Instant::now();
    while read(&kim, path("sales/a")).await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the policy never changed");
    }
    let error = read(&kim, path("sales/a")).await.unwrap_err();
    assert_eq!(answer(&error), denied());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_known_may_write_on_any_address() {
    let secrets = Secrets::new();
    let server = TestServer::with(|config| {
        secrets.fill(config);
        config.auth.policy = None;
        config.bind = vec!["grpc://0.0.0.0:0".parse().unwrap()];
    })
    .await;
    let address = server.address.replace("0.0.0.0", "127.0.0.1");
    let client = Client::new(address).unwrap();
    let stranger = put(&client, path("t"), &[rows(0, 1)]).await.unwrap_err();
    assert_eq!(stranger.code(), Code::Unauthenticated);
    let eve = client.with_bearer_token("eves-very-long-token").unwrap();
    put(&eve, path("t"), &[rows(0, 1)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_not_start_with_what_makes_no_sense() {
    let secrets = Secrets::new();
    let start = async |change: &dyn Fn(&mut ServeConfig)| {
        let mut config = ServeConfig::new(secrets.0.path());
        config.bind = vec!["grpc://127.0.0.1:0".parse().unwrap()];
        change(&mut config);
        let never = std::future::pending();
        wingbeat_server::serve(config, |_| (), never).await.unwrap_err().to_string()
    };
    let alone = start(&|config| config.auth.policy = Some(secrets.path("policy"))).await;
    assert_eq!(alone, "policy: says what callers may do, and nothing says who they are");
    let missing = start(&|config| config.auth.users = Some(secrets.path("no"))).await;
    assert!(missing.starts_with("cannot read ") && missing.contains("/no: "), "{missing}");
    let wrong = start(&|config| config.auth.users = Some(secrets.path("tokens"))).await;
    assert!(wrong.contains("line 2") && !wrong.contains("very-long"), "{wrong}");
    let wrong = start(&|config| {
        config.auth.users = Some(secrets.path("users"));
        config.auth.policy = Some(secrets.path("tokens"));
    })
    .await;
    assert!(wrong.contains("tokens: "), "{wrong}");
}
