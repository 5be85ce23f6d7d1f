//! Random messages.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::super::*;

pub(super) fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..300).prop_map(Bytes::from)
}

pub(super) fn flight_descriptor() -> impl Strategy<Value = FlightDescriptor> {
    prop_oneof![
        Just(FlightDescriptor::Unknown),
        vec(".*", 0..4).prop_map(FlightDescriptor::Path),
        bytes().prop_map(FlightDescriptor::Command),
    ]
}

pub(super) fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<(i64, i32)>().prop_map(|(seconds, nanos)| Timestamp { seconds, nanos })
}

pub(super) fn flight_endpoint() -> impl Strategy<Value = FlightEndpoint> {
    let ticket = option::of(bytes().prop_map(Ticket::new));
    let locations = vec(".*".prop_map(Location::new), 0..3);
    (ticket, locations, option::of(timestamp()), bytes()).prop_map(
        |(ticket, locations, expiration_time, app_metadata)| FlightEndpoint {
            ticket,
            locations,
            expiration_time,
            app_metadata,
        },
    )
}

pub(super) fn flight_info() -> impl Strategy<Value = FlightInfo> {
    let endpoints = vec(flight_endpoint(), 0..4);
    let totals = any::<(i64, i64, bool)>();
    (bytes(), option::of(flight_descriptor()), endpoints, totals, bytes()).prop_map(
        |(schema, flight_descriptor, endpoints, totals, app_metadata)| FlightInfo {
            schema,
            flight_descriptor,
            endpoints,
            total_records: totals.0,
            total_bytes: totals.1,
            ordered: totals.2,
            app_metadata,
        },
    )
}

pub(super) fn poll_info() -> impl Strategy<Value = PollInfo> {
    let progress = option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO);
    let (info, descriptor) = (option::of(flight_info()), option::of(flight_descriptor()));
    (info, descriptor, progress, option::of(timestamp())).prop_map(
        |(info, flight_descriptor, progress, expiration_time)| PollInfo {
            info,
            flight_descriptor,
            progress,
            expiration_time,
        },
    )
}

fn option_value() -> impl Strategy<Value = SessionOptionValue> {
    prop_oneof![
        Just(SessionOptionValue::Unset),
        ".*".prop_map(SessionOptionValue::String),
        any::<bool>().prop_map(SessionOptionValue::Bool),
        any::<i64>().prop_map(SessionOptionValue::Int64),
        prop::num::f64::ANY
            .prop_filter("equal to itself", |value| !value.is_nan())
            .prop_map(SessionOptionValue::Double),
        vec(".*", 0..4).prop_map(SessionOptionValue::StringList),
    ]
}

pub(super) fn session_options() -> impl Strategy<Value = BTreeMap<String, SessionOptionValue>> {
    btree_map(".*", option_value(), 0..4)
}
