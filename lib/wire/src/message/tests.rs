//! Messages as wholes: round trips, golden bytes, damage.
