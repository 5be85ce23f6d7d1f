//! Tickets: a planned read in a versioned, opaque form.
//!
//! The form is a marker with a version, then the plan as JSON. The marker starts with a NUL byte,
//! which no dataset name holds, so that a ticket which is a plain name or a JSON read (both are
//! accepted as well) can never be taken for a planned one.

use wingbeat::{Error, Result, Ticket};
use wingbeat_store::ReadPlan;

use super::command::{Command, parse_command};

const MARKER: &[u8] = b"\0wingbeat ticket ";
const VERSION_1: &[u8] = b"1\n";

/// What a ticket redeems.
#[derive(Debug)]
pub(crate) enum Redeem {
    /// A read that was planned before, on the dataset version that it names.
    Planned(Box<ReadPlan>),
    /// A read to plan now.
    Direct(Command),
}

/// Writes `plan` as a ticket.
///
/// # Errors
///
/// INTERNAL when the plan does not serialise.
pub(crate) fn encode_ticket(plan: &ReadPlan) -> Result<Ticket> {
    let mut bytes = [MARKER, VERSION_1].concat();
    serde_json::to_writer(&mut bytes, plan)?;
    Ok(Ticket::new(bytes))
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
    let Some(plan) = rest.strip_prefix(VERSION_1) else {
        return Err(Error::invalid_argument("the ticket has a version that is not known here"));
    };
    match serde_json::from_slice(plan) {
        Ok(plan) => Ok(Redeem::Planned(Box::new(plan))),
        Err(_) => Err(Error::invalid_argument("the ticket is not one that this server made")),
    }
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

    #[test]
    fn other_versions_and_changed_tickets_are_refused() {
        let other = [MARKER, b"9\n{}"].concat();
        let changed = [MARKER, VERSION_1, b"{\"no\": 1}"].concat();
        for bytes in [other, changed, MARKER.to_vec()] {
            let error = parse_ticket(&Ticket::new(bytes)).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
        }
    }
}
