//! `FlightData` as other implementations write it.
//!
//! Captured from pyarrow 26.0.1: its client by a bare gRPC server (`do_put` of
//! `for_path("a", "b")`, `do_exchange` of `for_command(b"cmd")`), its server by a bare gRPC client
//! (`DoGet`). The schema is `{a: int32}`, the batch `[1, 2, 3]`. The IPC headers, which the
//! messages have in common, stand here once.

use super::*;
use crate::testing::unhex;

/// The IPC message of the schema, 120 bytes.
const SCHEMA: &str = "1000000000000a000c000600050008000a000000000104000c000000080008000000040008\
     000000040000000100000014000000100014000800060007000c00000010001000000000000102100000001c000000\
     0400000000000000010000006100000008000c0008000700080000000000000120000000";

/// The IPC message of the batch, 136 bytes.
const BATCH: &str = "14000000000000000c0016000600050008000c000c0000000003040018000000100000000000\
     000000000a0018000c00040008000a0000003c00000010000000030000000000000000000000020000000000000000\
     000000000000000000000000000000000000000c000000000000000000000001000000030000000000000000000000\
     00000000";

/// The IPC message of a batch without rows, 112 bytes.
const NO_ROWS: &str = "1000000000000a000e000600050008000a000000000304001000000000000a000c0000\
     00040008000a0000003000000004000000020000000000000000000000000000000000000000000000000000000000\
     000000000000000000000100000000000000000000000000000000000000";

/// The body of the batch.
const BODY: &str = "01000000020000000300000000000000";

fn join(parts: &[&str]) -> Bytes {
    unhex(&parts.concat())
}

fn data(header: &str) -> FlightData {
    let body = if header == BATCH { Some(Buffer::from(unhex(BODY))) } else { None };
    FlightData { data_header: unhex(header), data_body: body, ..FlightData::default() }
}

fn captured() -> Vec<(&'static str, Bytes, FlightData)> {
    let path = Some(FlightDescriptor::path(["a", "b"]));
    let command = Some(FlightDescriptor::command("cmd"));
    let metadata = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    vec![
        (
            "DoPut: schema with descriptor",
            join(&["0a0808011a01611a01621278", SCHEMA]),
            FlightData { flight_descriptor: path, ..data(SCHEMA) },
        ),
        ("DoPut: batch", join(&["128801", BATCH, "c23e10", BODY]), data(BATCH)),
        (
            "DoPut: metadata alone",
            unhex("1a046f6e6c79"),
            FlightData { app_metadata: metadata("only"), ..FlightData::default() },
        ),
        (
            "DoPut and DoGet: batch with metadata",
            join(&["128801", BATCH, "1a046d657461c23e10", BODY]),
            FlightData { app_metadata: metadata("meta"), ..data(BATCH) },
        ),
        (
            "DoExchange: descriptor alone",
            unhex("0a0708021203636d64"),
            FlightData { flight_descriptor: command.clone(), ..FlightData::default() },
        ),
        (
            "DoExchange: schema with descriptor",
            join(&["0a0708021203636d641278", SCHEMA]),
            FlightData { flight_descriptor: command, ..data(SCHEMA) },
        ),
        (
            "DoExchange: batch without rows",
            join(&["1270", NO_ROWS, "c23e00"]),
            FlightData { data_body: Some(Buffer::from(b"")), ..data(NO_ROWS) },
        ),
        ("DoGet: schema", join(&["1278", SCHEMA]), data(SCHEMA)),
    ]
}

pub(super) fn all() -> Vec<(&'static str, Bytes)> {
    captured().into_iter().map(|(name, bytes, _)| (name, bytes)).collect()
}

#[test]
fn what_pyarrow_sends_is_read_and_written_the_same() {
    for (name, bytes, expected) in captured() {
        let stream = message(&bytes);
        assert_eq!(deframe([stream.clone()]).as_deref(), Ok(&[expected.clone()][..]), "{name}");
        assert_eq!(encoded(&expected), stream, "{name}");
        assert!(!expected.is_compressed());
    }
}
