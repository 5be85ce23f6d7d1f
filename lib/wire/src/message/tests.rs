//! Messages as wholes: golden bytes, round trips, merging, damage.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::DecodeError;
use crate::testing::{mutated, mutations, truncations};

mod golden;
mod strategies;

use strategies as any;

fn round_trip<M: Message + PartialEq + std::fmt::Debug>(message: &M) {
    assert_eq!(M::decode(message.encode()).as_ref(), Ok(message));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn flight_info_round_trips(info in any::flight_info()) {
        round_trip(&info);
        round_trip(&CancelFlightInfoRequest { info: Some(info) });
    }

    #[test]
    fn poll_info_round_trips(poll in any::poll_info()) {
        round_trip(&poll);
    }

    #[test]
    fn endpoints_round_trip(endpoint in any::flight_endpoint()) {
        round_trip(&endpoint);
        round_trip(&RenewFlightEndpointRequest { endpoint: Some(endpoint) });
    }

    #[test]
    fn descriptors_round_trip(descriptor in any::flight_descriptor()) {
        round_trip(&descriptor);
    }

    #[test]
    fn timestamps_round_trip(timestamp in any::timestamp()) {
        round_trip(&timestamp);
    }

    #[test]
    fn session_options_round_trip(session_options in any::session_options()) {
        round_trip(&SetSessionOptionsRequest { session_options: session_options.clone() });
        round_trip(&GetSessionOptionsResult { session_options });
    }

    #[test]
    fn messages_of_text_and_bytes_round_trip(text in ".*", more in ".*", bytes in any::bytes()) {
        round_trip(&Ticket::new(bytes.clone()));
        round_trip(&Location::new(text.clone()));
        round_trip(&SchemaResult { schema: bytes.clone() });
        round_trip(&Criteria::new(bytes.clone()));
        round_trip(&PutResult::new(bytes.clone()));
        round_trip(&Action::new(text.clone(), bytes.clone()));
        round_trip(&ActionType::new(text.clone(), more.clone()));
        round_trip(&ActionResult::new(bytes));
        round_trip(&BasicAuth { username: text, password: more });
    }

    #[test]
    fn handshakes_round_trip(protocol_version: u64, payload in any::bytes()) {
        round_trip(&HandshakeRequest { protocol_version, payload: payload.clone() });
        round_trip(&HandshakeResponse { protocol_version, payload });
    }
}

#[test]
fn messages_of_one_value_round_trip() {
    round_trip(&Empty {});
    round_trip(&GetSessionOptionsRequest {});
    round_trip(&CloseSessionRequest {});
    for status in [
        CancelStatus::Unspecified,
        CancelStatus::Cancelled,
        CancelStatus::Cancelling,
        CancelStatus::NotCancellable,
    ] {
        round_trip(&CancelFlightInfoResult { status });
    }
    for status in [
        CloseSessionStatus::Unspecified,
        CloseSessionStatus::Closed,
        CloseSessionStatus::Closing,
        CloseSessionStatus::NotCloseable,
    ] {
        round_trip(&CloseSessionResult { status });
    }
    let errors = [
        SetSessionOptionError::Unspecified,
        SetSessionOptionError::InvalidName,
        SetSessionOptionError::InvalidValue,
        SetSessionOptionError::Error,
    ];
    let errors = (0..).zip(errors).map(|(n, error): (u8, _)| (n.to_string(), error)).collect();
    round_trip(&SetSessionOptionsResult { errors });
}

#[test]
fn totals_are_unknown_unless_said() {
    for info in [FlightInfo::default(), FlightInfo::new(&arrow_schema::Schema::empty())] {
        assert_eq!((info.total_records, info.total_bytes), (-1, -1));
        round_trip(&info);
    }
    let absent = FlightInfo::decode(Bytes::new()).unwrap();
    assert_eq!((absent.total_records, absent.total_bytes), (0, 0), "as proto3 has it");
}

#[test]
fn the_last_of_a_repeated_field_wins() {
    let twice = Bytes::from_static(b"\x0a\x01a\x0a\x01b");
    assert_eq!(Ticket::decode(twice), Ok(Ticket::new("b")));
    let options = SessionOptionValue::decode(Bytes::from_static(b"\x0a\x01a\x10\x01"));
    assert_eq!(options, Ok(SessionOptionValue::Bool(true)), "of a oneof as well");
    // Two entries of one key, then an entry without key and value.
    let map = b"\x0a\x07\x0a\x01a\x12\x02\x10\x01\x0a\x07\x0a\x01a\x12\x02\x10\x00\x0a\x00";
    let map = GetSessionOptionsResult::decode(Bytes::from_static(map)).unwrap().session_options;
    let entries: Vec<_> = map.into_iter().collect();
    let expected = [
        (String::new(), SessionOptionValue::Unset),
        ("a".to_owned(), SessionOptionValue::Bool(false)),
    ];
    assert_eq!(entries, expected);
}

#[test]
fn embedded_messages_are_merged() {
    // PATH in one part, a component in each of two others.
    let parts = b"\x12\x02\x08\x01\x12\x03\x1a\x01a\x12\x03\x1a\x01b";
    let info = FlightInfo::decode(Bytes::from_static(parts)).unwrap();
    assert_eq!(info.flight_descriptor, Some(FlightDescriptor::path(["a", "b"])));
    // Seconds in one part, nanoseconds in another, nothing in the third.
    let parts = b"\x22\x02\x08\x05\x22\x02\x10\x07\x22\x00";
    let poll = PollInfo::decode(Bytes::from_static(parts)).unwrap();
    assert_eq!(poll.expiration_time, Some(Timestamp { seconds: 5, nanos: 7 }));
    let lists = b"\x2a\x03\x0a\x01a\x2a\x03\x0a\x01b";
    let list = SessionOptionValue::decode(Bytes::from_static(lists)).unwrap();
    assert_eq!(list, SessionOptionValue::StringList(vec!["a".into(), "b".into()]));
}

#[test]
fn order_does_not_matter_and_unknown_fields_are_skipped() {
    let unknown = b"\xf8\x01\x05\xf9\x01\0\0\0\0\0\0\0\0\xfa\x01\x03abc\xfd\x01\0\0\0\0";
    for fields in [&b"\x0a\x01t\x12\x01b"[..], b"\x12\x01b\x0a\x01t"] {
        for bytes in [[fields, unknown].concat(), [unknown, fields].concat()] {
            assert_eq!(Action::decode(bytes.into()), Ok(Action::new("t", "b")));
        }
    }
    assert_eq!(Empty::decode(Bytes::from_static(unknown)), Ok(Empty {}));
}

#[test]
fn descriptor_types_that_do_not_exist_are_unknown() {
    for kind in [0, 3, 0x7f] {
        let bytes = [8, kind, 0x12, 1, b'q'];
        let descriptor = FlightDescriptor::decode(Bytes::copy_from_slice(&bytes));
        assert_eq!(descriptor, Ok(FlightDescriptor::Unknown));
    }
    let both = b"\x08\x01\x12\x01q\x1a\x01p";
    let path = FlightDescriptor::decode(Bytes::from_static(both));
    assert_eq!(path, Ok(FlightDescriptor::path(["p"])), "the type decides");
}

#[test]
fn text_must_be_utf8() {
    let error = Location::decode(Bytes::from_static(b"\x0a\x03ab\xff")).unwrap_err();
    assert_eq!(error.to_string(), "Location.uri: not UTF-8 from byte 2 on");
}

#[test]
fn more_elements_than_any_message_needs_are_refused() {
    let components = b"\x1a\x00".repeat((1 << 20) + 1);
    let error = FlightDescriptor::decode(components.into()).unwrap_err();
    assert!(error.is_limit(), "{error}");
}

#[test]
fn reuse_connection_in_all_its_spellings() {
    for uri in [Location::REUSE_CONNECTION, "arrow-flight-reuse-connection://", ""] {
        assert!(Location::new(uri).is_reuse_connection(), "{uri}");
    }
    assert!(!Location::new("grpc://arrow-flight-reuse-connection").is_reuse_connection());
}

/// Decodes as every message in turn and gives the errors.
fn decode_all(bytes: &Bytes) -> Vec<DecodeError> {
    macro_rules! errors {
        ($($message:ty),*) => { [$(<$message>::decode(bytes.clone()).err()),*] };
    }
    let errors = errors![
        Action,
        ActionResult,
        ActionType,
        BasicAuth,
        CancelFlightInfoRequest,
        CancelFlightInfoResult,
        CloseSessionRequest,
        CloseSessionResult,
        Criteria,
        Empty,
        FlightDescriptor,
        FlightEndpoint,
        FlightInfo,
        GetSessionOptionsRequest,
        GetSessionOptionsResult,
        HandshakeRequest,
        HandshakeResponse,
        Location,
        PollInfo,
        PutResult,
        RenewFlightEndpointRequest,
        SchemaResult,
        SessionOptionValue,
        SetSessionOptionsRequest,
        SetSessionOptionsResult,
        Ticket,
        Timestamp
    ];
    errors.into_iter().flatten().collect()
}

#[test]
fn damage_ends_in_a_value_or_an_error() {
    for (name, bytes) in golden::all() {
        for part in truncations(&bytes) {
            decode_all(&part);
        }
        let refused =
            (0..mutations()).filter(|&seed| !decode_all(&mutated(&bytes, seed)).is_empty()).count();
        assert!(refused > 0, "{name}: no mutation was noticed");
    }
}

#[test]
fn a_message_cut_inside_a_field_is_an_error() {
    let bytes = golden::flight_info().encode();
    let mut borders = 0;
    for part in truncations(&bytes) {
        match FlightInfo::decode(part) {
            Ok(_) => borders += 1,
            Err(error) => assert!(matches!(error, DecodeError::Truncated { .. }), "{error}"),
        }
    }
    // Before the first of its eight fields, and between two of them.
    assert_eq!(borders, 8);
}
