//! What callers may do: asked before anything is looked up, and always answered alike.

use wingbeat::{
    Access, Authorizer, Client, Code, Criteria, FlightDescriptor, FlightServer, Method,
    PeerIdentity, Permission, Refusal, Resource, Result, Ticket,
};
use wingbeat_auth::StaticTokens;

use crate::support::{CAROL, Open, call, nothing_more};

/// Below `public` everybody reads and carol writes; `secret` is nobody's.
struct Rules;

impl Authorizer for Rules {
    async fn authorize(&self, access: &Access<'_>) -> Result<(), Refusal> {
        let is_public = match access.resource() {
            Resource::Descriptor(FlightDescriptor::Path(path)) => path[0] == "public",
            Resource::Named(name) => name.starts_with("public/"),
            Resource::Ticket(_) | Resource::Service => true,
            Resource::Action(action) => action.r#type != "forbidden",
            _ => false,
        };
        let name = access.identity().map_or("", PeerIdentity::as_str);
        match access.permission() {
            _ if !is_public => Err(Refusal::new("not public")),
            Permission::Write | Permission::Exchange if name != "carol" => {
                Err(Refusal::new("only carol writes"))
            }
            _ => Ok(()),
        }
    }
}

fn clients() -> (Client, Client) {
    let tokens = [("carol", CAROL), ("dave", "daves-very-long-token")];
    let tokens = tokens.map(|(name, token)| (PeerIdentity::new(name), token));
    let server = FlightServer::new(Open).authenticator(StaticTokens::new(tokens)).authorizer(Rules);
    let client = server.in_process();
    let carol = client.clone().with_bearer_token(CAROL).unwrap();
    (carol, client.with_bearer_token("daves-very-long-token").unwrap())
}

#[track_caller]
fn denied<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    let found = (error.code(), error.message());
    assert_eq!(found, (Code::PermissionDenied, "the caller may not do this"));
    nothing_more(&error);
}

#[tokio::test]
async fn rights_are_asked_for_each_method() {
    let (carol, dave) = clients();
    for method in Method::ALL {
        call(&carol, method).await.unwrap_or_else(|error| panic!("{method}: {error}"));
        match method {
            Method::DoPut | Method::DoExchange => denied(call(&dave, method).await),
            _ => call(&dave, method).await.unwrap_or_else(|error| panic!("{method}: {error}")),
        }
    }
    denied(carol.do_action(wingbeat::Action::new("forbidden", "")).await.map(|_| ()));
}

#[tokio::test]
async fn the_answer_is_the_same_whether_or_not_it_exists() {
    let (carol, _) = clients();
    for name in ["a", "no"] {
        let path = || FlightDescriptor::path(["secret", name]);
        denied(carol.get_flight_info(path()).await);
        denied(carol.poll_flight_info(path()).await);
        denied(carol.get_schema(path()).await);
        // Only the service knows what the ticket is about.
        denied(carol.do_get(Ticket::new(format!("secret/{name}"))).await.map(|_| ()));
    }
    let missing = carol.get_flight_info(FlightDescriptor::path(["public", "no"])).await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
    let missing = carol.do_get(Ticket::new("public/no")).await.map(|_| ());
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_listing_shows_what_the_caller_may_see() {
    let (carol, _) = clients();
    let infos = carol.list_flights(Criteria::default()).await.unwrap().collect().await.unwrap();
    let names: Vec<_> = infos.iter().map(|info| format!("{:?}", info.flight_descriptor)).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.contains("public")), "{names:?}");
    // Without an authorizer all of it.
    let all = FlightServer::new(Open).in_process();
    let all = all.list_flights(Criteria::default()).await.unwrap().collect().await.unwrap();
    assert_eq!(all.len(), 3);
}
