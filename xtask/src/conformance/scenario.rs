//! The scenarios by name.

/// Those of the harness that we have, in the order of Arrow's own list.
pub(super) const SCENARIOS: &[&str] = &[
    "auth:basic_proto",
    "middleware",
    "ordered",
    "expiration_time:do_get",
    "expiration_time:list_actions",
    "expiration_time:cancel_flight_info",
    "expiration_time:renew_flight_endpoint",
    "do_exchange:echo",
    "location:reuse_connection",
    "session_options",
    "poll_flight_info",
    "app_metadata_flight_info_endpoint",
];

/// Ours, which the harness does not have.
pub(super) const OURS: &[&str] = &["rich_errors", "compressed_messages"];

/// Those of Flight SQL, which Wingbeat does not have yet.
pub(super) const NOT_YET: &[&str] = &["flight_sql", "flight_sql:extension", "flight_sql:ingestion"];
