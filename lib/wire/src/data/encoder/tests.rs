//! Streams of `FlightData` against the Arrow project's reader.
