//! `FlightData` in any split and order, whole and damaged.
