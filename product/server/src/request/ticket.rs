//! Tickets: a planned read in a versioned, opaque form.
//!
//! The form is a marker with a version, a checksum, then the plan as JSON. The marker starts with a
//! NUL byte, which no dataset name holds, so that a ticket which is a plain name or a JSON read
//! (both are accepted as well) can never be taken for a planned one. The checksum tells damage and
//! tinkering from tickets of this server; it is no secret and guards no right: whoever may read
//! may also plan.

use wingbeat::{Error, Result, Ticket};
use wingbeat_store::ReadPlan;

use super::command::{Command, parse_command};

const MARKER: &[u8] = b"\0wingbeat ticket ";
const VERSION_1: &[u8] = b"1\n";
const CHECKSUM_LEN: usize = 8;

/// What a ticket redeems.
#[derive(Debug)]
pub(crate) enum Redeem {
    /// A read that was planned before, on the dataset version that it names.
    Planned(Box<ReadPlan>),
    /// A read to plan now.
    Direct(Command),
}

impl Redeem {
    /// The dataset that is read, as it was named.
    pub(crate) fn dataset(&self) -> &str {
        match self {
            Self::Planned(plan) => &plan.request.dataset,
            Self::Direct(Command::Name(name)) => name,
            Self::Direct(Command::Read(request)) => &request.dataset,
        }
    }
}

/// Writes `plan` as a ticket.
///
/// # Errors
///
/// INTERNAL when the plan does not serialise.
pub(crate) fn encode_ticket(plan: &ReadPlan) -> Result<Ticket> {
    let plan = serde_json::to_vec(plan)?;
    let checksum = checksum(&plan).to_be_bytes();
    Ok(Ticket::new([MARKER, VERSION_1, &checksum, &plan].concat()))
}

/// FNV-1a, which is small and the same everywhere.
fn checksum(bytes: &[u8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(BASIS, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// Reads a ticket in any of its forms.
///
/// # Errors
///
/// INVALID_ARGUMENT for a ticket of another version, one that was changed, and for what
/// [`parse_command`] refuses.
pub(crate) fn parse_ticket(ticket: &Ticket) -> Result<Redeem> {
    let Some(rest) = ticket.ticket.strip_prefix(MARKER) else {
        return parse_command("ticket", &ticket.ticket).map(Redeem::Direct);
    };
    let Some(rest) = rest.strip_prefix(VERSION_1) else {
        return Err(Error::invalid_argument("the ticket has a version that is not known here"));
    };
    let plan = rest.split_first_chunk::<CHECKSUM_LEN>().and_then(|(expected, plan)| {
        (*expected == checksum(plan).to_be_bytes()).then(|| serde_json::from_slice(plan).ok())?
    });
    let foreign = || Error::invalid_argument("the ticket is not one that this server made");
    plan.map(|plan| Redeem::Planned(Box::new(plan))).ok_or_else(foreign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wingbeat::Code;

    #[test]
    fn a_plain_name_redeems_directly() {
        let redeem = parse_ticket(&Ticket::new("trips")).unwrap();
        assert!(matches!(redeem, Redeem::Direct(Command::Name(name)) if name == "trips"));
    }

    fn plan(limit: u64) -> ReadPlan {
        let request = format!(r#"{{"dataset": "trips", "limit": {limit}}}"#);
        let text = format!(r#"{{"form": 1, "version": "v", "request": {request}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_planned_read_comes_back() {
        let ticket = encode_ticket(&plan(7)).unwrap();
        let redeem = parse_ticket(&ticket).unwrap();
        assert!(matches!(redeem, Redeem::Planned(back) if *back == plan(7)));
    }

    #[test]
    fn other_versions_and_changed_tickets_are_refused() {
        let good = encode_ticket(&plan(7)).unwrap().ticket;
        let other = [MARKER, b"9\n{}"].concat();
        let mut refused = vec![other, MARKER.to_vec(), [MARKER, VERSION_1].concat()];
        for at in MARKER.len()..good.len() {
            let mut changed = good.to_vec();
            changed[at] ^= 1;
            refused.push(changed);
            refused.push(good[..at].to_vec());
        }
        for bytes in refused {
            let error = parse_ticket(&Ticket::new(bytes.clone())).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument, "{bytes:?}");
        }
    }
}
