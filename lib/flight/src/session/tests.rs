//! Ids in requests, conversions and the store in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use wingbeat_wire::message::{SessionOptionValue as Value, SetSessionOptionError};

use super::{MemorySessions, SessionId, SessionOptionKind, SessionStore as _};
use crate::{Code, PeerIdentity};

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn ids_in_cookies() {
    for (lines, expected) in [
        (&[("cookie", "arrow_flight_session_id=abc")][..], Some("abc")),
        (&[("cookie", "a=1; Arrow_Flight_Session_Id=\"abc\";b=2")], Some("abc")),
        (&[("cookie", "a=1"), ("cookie", "arrow_flight_session_id=abc=")], Some("abc=")),
        (&[("cookie", "arrow_flight_session_id=")], Some("")),
        (&[("cookie", "xarrow_flight_session_id=abc; junk")], None),
        (&[], None),
    ] {
        let id = SessionId::of_cookie(&headers(lines));
        assert_eq!(id.as_ref().map(SessionId::as_str), expected, "{lines:?}");
    }
}

#[test]
fn ids_of_tokens_do_not_tell_them() {
    let id = |value| SessionId::of_credentials(&headers(&[("authorization", value)]));
    let one = id("Bearer secret").unwrap();
    assert_eq!(id("bearer  secret "), Some(one.clone()));
    assert_ne!(id("Bearer secre"), Some(one.clone()));
    let by_handshake = headers(&[("auth-token-bin", "c2VjcmV0")]);
    assert_eq!(SessionId::of_credentials(&by_handshake), Some(one.clone()));
    assert!(!one.as_str().contains("secret") && !format!("{one:?}").contains(one.as_str()));
    assert!(one.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    assert_eq!((id("Basic c2VjcmV0"), id("Bearer "), id("Bearer")), (None, None, None));
    assert_ne!(SessionId::random(), SessionId::random());
}

#[test]
fn kinds_take_strings_that_say_the_same() {
    use SessionOptionKind as Kind;
    let list = |items: &[&str]| Value::StringList(items.iter().map(|&item| item.into()).collect());
    for (kind, value, expected) in [
        (Kind::String, Value::from("a"), Some(Value::from("a"))),
        (Kind::String, Value::Int64(1), None),
        (Kind::Bool, Value::from("TRUE"), Some(Value::Bool(true))),
        (Kind::Bool, Value::from("0"), Some(Value::Bool(false))),
        (Kind::Bool, Value::from("yes"), None),
        (Kind::Bool, Value::Int64(1), None),
        (Kind::Int64, Value::from(" -7"), Some(Value::Int64(-7))),
        (Kind::Int64, Value::from("9223372036854775808"), None),
        (Kind::Int64, Value::Double(1.0), None),
        (Kind::Double, Value::from("2.5e1"), Some(Value::Double(25.0))),
        (Kind::Double, Value::Int64(3), Some(Value::Double(3.0))),
        (Kind::StringList, Value::from("a,,b"), Some(list(&["a", "", "b"]))),
        (Kind::StringList, list(&["a"]), Some(list(&["a"]))),
        (Kind::StringList, Value::Bool(true), None),
        (Kind::Int64, Value::Unset, Some(Value::Unset)),
    ] {
        let expected = expected.ok_or(SetSessionOptionError::InvalidValue);
        assert_eq!(kind.convert(value.clone()), expected, "{kind:?} {value:?}");
    }
}

fn changes<const N: usize>(of: [(&str, Value); N]) -> BTreeMap<String, Value> {
    of.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_session_lives_while_it_is_used() {
    let store = MemorySessions::new().with_idle_timeout(Duration::from_secs(10));
    let (id, owner) = (SessionId::random(), PeerIdentity::new("ada"));
    assert_eq!(store.load(&id).await.unwrap(), None);
    assert!(!store.update(&id, changes([("a", Value::Int64(1))])).await.unwrap());
    assert!(store.create(&id, Some(&owner)).await.unwrap());
    assert!(!store.create(&id, None).await.unwrap());
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(9)).await;
        let set = changes([("a", Value::Int64(1)), ("b", Value::from("x"))]);
        assert!(store.update(&id, set).await.unwrap());
    }
    tokio::time::advance(Duration::from_secs(9)).await;
    assert!(store.update(&id, changes([("b", Value::Unset), ("c", Value::Unset)])).await.unwrap());
    let session = store.load(&id).await.unwrap().unwrap();
    assert_eq!(session.owner, Some(owner));
    assert_eq!(session.options, changes([("a", Value::Int64(1))]));
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(store.load(&id).await.unwrap(), None);
    assert!(store.create(&id, None).await.unwrap());
    assert!(store.close(&id).await.unwrap());
    assert!(!store.close(&id).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_full_makes_room_for_what_is_over_only() {
    let store =
        MemorySessions::new().with_idle_timeout(Duration::from_secs(10)).with_sessions_max(2);
    let ids = [SessionId::random(), SessionId::random(), SessionId::random()];
    let owner = PeerIdentity::new("ada");
    assert!(store.create(&ids[0], Some(&owner)).await.unwrap());
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(store.create(&ids[1], Some(&owner)).await.unwrap());
    let error = store.create(&ids[2], Some(&owner)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(store.create(&ids[2], Some(&owner)).await.unwrap());
    assert_eq!(store.load(&ids[0]).await.unwrap(), None);
    assert!(store.load(&ids[1]).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_many_sessions_loses_its_own() {
    let store = MemorySessions::new().with_sessions_max(4).with_sessions_per_owner_max(2);
    let (ada, bob) = (PeerIdentity::new("ada"), PeerIdentity::new("bob"));
    let ids: [SessionId; 4] = std::array::from_fn(|_| SessionId::random());
    for (id, owner) in [(&ids[0], &bob), (&ids[1], &ada), (&ids[2], &ada)] {
        assert!(store.create(id, Some(owner)).await.unwrap());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(store.load(&ids[1]).await.unwrap().is_some(), "used, so that the other goes");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(store.create(&ids[3], Some(&ada)).await.unwrap());
    assert_eq!(store.load(&ids[2]).await.unwrap(), None);
    for id in [&ids[0], &ids[1], &ids[3]] {
        assert!(store.load(id).await.unwrap().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn strangers_take_the_room_of_strangers() {
    let store = MemorySessions::new().with_sessions_max(4);
    let ada = PeerIdentity::new("ada");
    let ids: [SessionId; 5] = std::array::from_fn(|_| SessionId::random());
    assert!(store.create(&ids[0], Some(&ada)).await.unwrap());
    for id in &ids[1..4] {
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(store.create(id, None).await.unwrap());
    }
    assert_eq!(store.load(&ids[1]).await.unwrap(), None);
    for id in [&ids[0], &ids[2], &ids[3]] {
        assert!(store.load(id).await.unwrap().is_some());
    }
    assert!(store.create(&ids[4], Some(&ada)).await.unwrap(), "there is room for others");
}

#[tokio::test]
async fn a_session_that_would_get_too_large_stays_as_it_was() {
    let store = MemorySessions::new().with_option_bytes_max(1000);
    let id = SessionId::random();
    store.create(&id, None).await.unwrap();
    let fits = changes([("a", Value::from("x".repeat(900)))]);
    assert!(store.update(&id, fits.clone()).await.unwrap());
    for more in [
        changes([("b", Value::from("x".repeat(100)))]),
        changes([("b", Value::StringList(vec![String::new(); 10]))]),
        changes([("b", Value::Bool(true)), ("c", Value::Bool(true))]),
    ] {
        let error = store.update(&id, more).await.unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        assert_eq!(store.load(&id).await.unwrap().unwrap().options, fits);
    }
    let instead = changes([("a", Value::from("x".repeat(900))), ("b", Value::Unset)]);
    assert!(store.update(&id, instead).await.unwrap());
}
