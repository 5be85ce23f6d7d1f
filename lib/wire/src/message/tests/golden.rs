//! Messages beside their bytes.
//!
//! The bytes of [`all`] were written by the Python protobuf library 7.36.2
//! (`SerializeToString(deterministic=True)`) from the message definitions of Flight.proto; those of
//! [`pyarrow`] were received from pyarrow 26.0.1's Flight server by a bare gRPC client.

use std::collections::BTreeMap;
use std::fmt;

use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;

use super::super::*;
use crate::Limits;
use crate::testing::unhex;

const HANDSHAKE: &str = "08ac0212026869";
const BASIC_AUTH: &str = "12036164611a06736563726574";
const ACTION_TYPE: &str = "0a0464726f70120544726f7073";
const CRITERIA: &str = "0a02612a";
const ACTION: &str = "0a0464726f70120178";
const RESULT: &str = "0a026f6b";
const SCHEMA_RESULT: &str = "0a04ffffffff";
const PATH: &str = "08011a01611a001a02c3bc";
const COMMAND: &str = "0802120171";
const TICKET: &str = "0a0174";
const PUT_RESULT: &str = "0a016d";
const ENDPOINT: &str =
    "0a030a0174120c0a0a677270633a2f2f683a3112001a0d08ffffffffffffffffff011005220165";
const FLIGHT_INFO: &str = "0a0173120508021201711a270a030a0174120c0a0a677270633a2f2f683a3112001a0d\
     08ffffffffffffffffff0110052201651a0020ffffffffffffffffff0128ac0230013a0169";
const POLL_INFO: &str = "0a1620ffffffffffffffffff0128ffffffffffffffffff0112001900000000000000002\
     2020801";
const CANCEL_REQUEST: &str = "0a00";
const CANCEL_RESULT: &str = "0803";
const RENEW: &str = "0a03220165";
const SET_OPTIONS: &str = "0a070a0162120210000a0e0a0164120921000000000000e03f0a0e0a0169120919feffff\
     ffffffffff0a0c0a016c12072a050a01780a000a070a017312020a000a050a01751200";
const SET_RESULT: &str = "0a070a0161120208010a050a01621200";
const CLOSE_RESULT: &str = "0802";

/// All golden bytes with a name, as a base for damage.
pub(super) fn all() -> Vec<(&'static str, Bytes)> {
    [
        ("Handshake", HANDSHAKE),
        ("BasicAuth", BASIC_AUTH),
        ("ActionType", ACTION_TYPE),
        ("Criteria", CRITERIA),
        ("FlightDescriptor", PATH),
        ("FlightEndpoint", ENDPOINT),
        ("FlightInfo", FLIGHT_INFO),
        ("PollInfo", POLL_INFO),
        ("SetSessionOptionsRequest", SET_OPTIONS),
        ("SetSessionOptionsResult", SET_RESULT),
    ]
    .map(|(name, hex)| (name, unhex(hex)))
    .into()
}

fn endpoint() -> FlightEndpoint {
    FlightEndpoint::new(Ticket::new("t"))
        .with_location(Location::new("grpc://h:1"))
        .with_location(Location::new(""))
        .with_expiration_time(Timestamp { seconds: -1, nanos: 5 })
        .with_app_metadata("e")
}

pub(super) fn flight_info() -> FlightInfo {
    FlightInfo { schema: "s".into(), ..FlightInfo::default() }
        .with_descriptor(FlightDescriptor::command("q"))
        .with_endpoint(endpoint())
        .with_endpoint(FlightEndpoint::default())
        .with_total_bytes(300)
        .with_ordered(true)
        .with_app_metadata("i")
}

fn session_options() -> BTreeMap<String, SessionOptionValue> {
    [
        ("b", SessionOptionValue::Bool(false)),
        ("d", SessionOptionValue::Double(0.5)),
        ("i", SessionOptionValue::Int64(-2)),
        ("l", SessionOptionValue::StringList(vec!["x".into(), String::new()])),
        ("s", SessionOptionValue::String(String::new())),
        ("u", SessionOptionValue::Unset),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[track_caller]
fn same<M: Message + PartialEq + fmt::Debug>(message: &M, hex: &str) {
    assert_eq!(M::decode(unhex(hex)).as_ref(), Ok(message), "decoded");
    assert_eq!(message.encode(), unhex(hex), "encoded");
}

#[test]
fn small_messages() {
    same(&HandshakeRequest { protocol_version: 300, payload: "hi".into() }, HANDSHAKE);
    same(&HandshakeResponse { protocol_version: 300, payload: "hi".into() }, HANDSHAKE);
    same(&BasicAuth { username: "ada".into(), password: "secret".into() }, BASIC_AUTH);
    same(&Criteria::new("a*"), CRITERIA);
    same(&Action::new("drop", "x"), ACTION);
    same(&ActionType::new("drop", "Drops"), ACTION_TYPE);
    same(&ActionResult::new("ok"), RESULT);
    same(&SchemaResult { schema: Bytes::from_static(&[0xff; 4]) }, SCHEMA_RESULT);
    same(&Ticket::new("t"), TICKET);
    same(&PutResult::new("m"), PUT_RESULT);
    same(&Empty {}, "");
}

#[test]
fn flights() {
    same(&FlightDescriptor::path(["a", "", "ü"]), PATH);
    same(&FlightDescriptor::command("q"), COMMAND);
    same(&endpoint(), ENDPOINT);
    same(&flight_info(), FLIGHT_INFO);
    let poll = PollInfo::running(FlightInfo::default(), FlightDescriptor::Unknown)
        .with_progress(0.0)
        .with_expiration_time(Timestamp { seconds: 1, nanos: 0 });
    same(&poll, POLL_INFO);
}

#[test]
fn bodies_of_actions() {
    let nothing = FlightInfo::decode(Bytes::new()).unwrap();
    same(&CancelFlightInfoRequest { info: Some(nothing) }, CANCEL_REQUEST);
    same(&CancelFlightInfoResult { status: CancelStatus::NotCancellable }, CANCEL_RESULT);
    let endpoint = FlightEndpoint::default().with_app_metadata("e");
    same(&RenewFlightEndpointRequest { endpoint: Some(endpoint) }, RENEW);
    same(&SetSessionOptionsRequest { session_options: session_options() }, SET_OPTIONS);
    same(&GetSessionOptionsResult { session_options: session_options() }, SET_OPTIONS);
    let errors = [
        ("a".to_owned(), SetSessionOptionError::InvalidName),
        ("b".to_owned(), SetSessionOptionError::Unspecified),
    ];
    same(&SetSessionOptionsResult { errors: errors.into() }, SET_RESULT);
    same(&CloseSessionResult { status: CloseSessionStatus::Closing }, CLOSE_RESULT);
}

/// `FlightInfo(schema, for_path("a"), [FlightEndpoint(b"t", ["grpc://h:1"])], -1, -1)`, where the
/// schema is `{a: int32}`.
const PYARROW_INFO: &str = "0a8001ffffffff780000001000000000000a000c000600050008000a000000000104000\
     c0000000800080000000400080000000400000001000000140000001000140008000600070\
     00c00000010001000000000000102100000001c00000004000000000000000100000061000\
     00008000c0008000700080000000000000120000000120508011a01611a130a030a0174120\
     c0a0a677270633a2f2f683a3120ffffffffffffffffff0128ffffffffffffffffff01";

#[test]
fn pyarrow() {
    let info = FlightInfo::decode(unhex(PYARROW_INFO)).unwrap();
    let schema = Schema::new(vec![Field::new("a", DataType::Int32, true)]);
    assert_eq!(info.decode_schema(&Limits::default()), Ok(schema));
    let rest = FlightInfo { schema: Bytes::new(), ..info.clone() };
    let endpoint = FlightEndpoint::new(Ticket::new("t")).with_location(Location::new("grpc://h:1"));
    let expected = FlightInfo::default()
        .with_descriptor(FlightDescriptor::path(["a"]))
        .with_endpoint(endpoint);
    assert_eq!(rest, expected);
    assert_eq!(info.encode(), unhex(PYARROW_INFO));
}
