//! [`PollDescriptor`]: the descriptors that a query is polled with.

use wingbeat_wire::message::FlightDescriptor;

/// What they begin with: no command that somebody types does.
const MARK: &[u8] = b"\0wingbeat-poll\0";

/// Which query, and the last state of it that the caller knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PollDescriptor {
    /// Random, so that nobody polls for another's query.
    pub(super) id: u128,
    pub(super) version: u64,
}

impl PollDescriptor {
    pub(super) fn encode(self) -> FlightDescriptor {
        let Self { id, version } = self;
        let mut command = MARK.to_vec();
        command.extend(format!("{id:032x}.{version}").into_bytes());
        FlightDescriptor::command(command)
    }

    /// `None` for any other descriptor.
    pub(super) fn decode(descriptor: &FlightDescriptor) -> Option<Self> {
        let FlightDescriptor::Command(command) = descriptor else { return None };
        let text = std::str::from_utf8(command.strip_prefix(MARK)?).ok()?;
        let (id, version) = text.split_once('.')?;
        Some(Self { id: u128::from_str_radix(id, 16).ok()?, version: version.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_strangers() {
        for (id, version) in [(0, 0), (u128::MAX, u64::MAX), (7, 3)] {
            let descriptor = PollDescriptor { id, version };
            assert_eq!(PollDescriptor::decode(&descriptor.encode()), Some(descriptor));
        }
        for command in ["", "heavy query", "\0wingbeat-poll\0", "\0wingbeat-poll\0zz.1"] {
            assert_eq!(PollDescriptor::decode(&FlightDescriptor::command(command)), None);
        }
        assert_eq!(PollDescriptor::decode(&FlightDescriptor::path(["a"])), None);
    }
}
