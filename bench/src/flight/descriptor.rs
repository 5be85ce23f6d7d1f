//! The names of flights on the command line.

use wingbeat::FlightDescriptor;

/// The flight at a path whose parts have slashes between them.
pub(super) fn descriptor(path: &str) -> FlightDescriptor {
    FlightDescriptor::path(path.split('/'))
}
