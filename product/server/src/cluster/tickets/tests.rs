//! Tests of what tickets say and whom they are refused to.

use wingbeat::Code;

use super::*;

const NOW: u64 = 1_800_000_000;

fn ring(keys: &[&str]) -> Arc<KeyRing> {
    let lines: Vec<_> = keys.iter().map(|key| key.repeat(32)).collect();
    Arc::new(KeyRing::parse(lines.join("\n").as_bytes()).unwrap())
}

fn plan(limit: u64) -> ReadPlan {
    let request = format!(r#"{{"dataset": "trips", "limit": {limit}}}"#);
    let text = format!(r#"{{"form": 2, "version": "v", "request": {request}}}"#);
    serde_json::from_str(&text).unwrap()
}

fn sign(keys: &[&str], principal: Option<&str>) -> Vec<u8> {
    let principal = principal.map(str::to_owned);
    let signer = Signer { ring: ring(keys), until: NOW, principal };
    signer.ticket(&plan(7)).unwrap().ticket.to_vec()
}

fn open(keys: &[&str], ticket: &[u8], now: u64, identity: Option<&str>) -> Result<ReadPlan> {
    let rest = &ticket[MARKER.len() + VERSION.len()..];
    let signed = verified(&ring(keys), rest, now)?;
    signed.check_identity(identity)?;
    Ok(signed.plan)
}

#[test]
fn any_server_with_the_key_opens_it_until_it_expires() {
    let ticket = sign(&["a"], None);
    for now in [0, NOW - 3600, NOW, NOW + SKEW_MAX] {
        assert_eq!(open(&["a"], &ticket, now, None).unwrap(), plan(7));
    }
    let error = open(&["a"], &ticket, NOW + SKEW_MAX + 1, None).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("expired 121 s ago"), "{error}");
}

#[test]
fn the_key_before_is_good_and_a_foreign_one_is_not() {
    let old = sign(&["a"], None);
    let new = sign(&["b", "a"], None);
    for ticket in [&old, &new] {
        open(&["b", "a"], ticket, NOW, None).unwrap();
    }
    assert_eq!(open(&["a"], &new, NOW, None).unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(open(&["b"], &old, NOW, None).unwrap_err().code(), Code::FailedPrecondition);
}

#[test]
fn it_is_for_who_planned_it() {
    let (ada, nobody) = (sign(&["a"], Some("ada")), sign(&["a"], None));
    open(&["a"], &ada, NOW, Some("ada")).unwrap();
    // Where nobody has to say who they are.
    open(&["a"], &ada, NOW, None).unwrap();
    for ticket in [&ada, &nobody] {
        let error = open(&["a"], ticket, NOW, Some("bob")).unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
    }
}

#[test]
fn every_bit_counts() {
    let good = sign(&["a"], Some("ada"));
    let key = MARKER.len() + VERSION.len();
    for at in key..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        let code = open(&["a"], &changed, NOW, None).unwrap_err().code();
        let is_of_key = at < key + ID_LEN;
        let expected = if is_of_key { Code::FailedPrecondition } else { Code::InvalidArgument };
        assert_eq!(code, expected, "{at}");
        let code = open(&["a"], &good[..at], NOW, None).unwrap_err().code();
        assert_eq!(code, Code::InvalidArgument, "{at}");
    }
}
