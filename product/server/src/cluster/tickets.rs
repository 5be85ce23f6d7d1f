//! Tickets: planned reads that any server with the cluster's key redeems.
//!
//! ```text
//! NUL "wingbeat ticket " "2\n"    which no dataset's name begins with
//! 8 bytes                         the name of the key
//! 32 bytes                        HMAC-SHA256 of all the rest
//! JSON                            {"plan", "until", "for"}
//! ```
//!
//! The signature tells tickets of the cluster from others, and says that a server made the plan: it
//! gives no right. Who redeems one has to be allowed to read the dataset then. A ticket that is a
//! plain name or a JSON read is planned when it is redeemed.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use wingbeat::{CallContext, Error, FlightEndpoint, PeerIdentity, Result, Ticket};
use wingbeat_store::ReadPlan;

use super::{Clock, KeyRing, Keys};
use crate::request::{Command, parse_command};

const MARKER: &[u8] = b"\0wingbeat ticket ";
const VERSION: &[u8] = b"2\n";
const ID_LEN: usize = 8;
const TAG_LEN: usize = 32;

/// By how much the clocks of two servers may differ, in seconds.
const SKEW_MAX: u64 = 120;

/// What a ticket redeems.
#[derive(Debug)]
pub(crate) enum Redeem {
    /// A read that was planned before, on the dataset version that it names.
    Planned(Box<Signed>),
    /// A read to plan now.
    Direct(Command),
}

impl Redeem {
    /// The dataset that is read, as it was named.
    pub(crate) fn dataset(&self) -> &str {
        match self {
            Self::Planned(signed) => &signed.plan.request.dataset,
            Self::Direct(Command::Name(name)) => name,
            Self::Direct(Command::Read(request)) => &request.dataset,
        }
    }
}

/// What is signed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    pub(crate) plan: ReadPlan,
    /// Seconds since 1970.
    until: u64,
    /// Who planned it, where callers say who they are.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
}

impl Signed {
    /// Refuses whoever has not planned it, where callers say who they are. To be asked after what
    /// the caller may read, so that nobody learns whether somebody else has a ticket.
    ///
    /// # Errors
    ///
    /// PERMISSION_DENIED for another caller.
    pub(crate) fn check_caller(&self, cx: &CallContext) -> Result<()> {
        self.check_identity(cx.identity().map(PeerIdentity::as_str))
    }

    fn check_identity(&self, identity: Option<&str>) -> Result<()> {
        match identity {
            Some(_) if self.principal.as_deref() != identity => {
                Err(Error::permission_denied("the ticket is another caller's"))
            }
            _ => Ok(()),
        }
    }
}

/// Makes tickets and redeems them.
#[derive(Debug, Clone)]
pub(crate) struct Tickets {
    keys: Keys,
    clock: Clock,
    lifetime: Duration,
}

impl Tickets {
    pub(crate) fn new(keys: Keys, clock: Clock, lifetime: Duration) -> Self {
        Self { keys, clock, lifetime }
    }

    /// What signs the tickets of one call.
    pub(crate) async fn signer(&self, cx: &CallContext) -> Signer {
        Signer {
            ring: self.keys.current().await,
            until: self.clock.seconds().saturating_add(self.lifetime.as_secs().max(1)),
            principal: cx.identity().map(|identity| identity.as_str().to_owned()),
        }
    }

    /// What a ticket of any form redeems.
    ///
    /// # Errors
    ///
    /// INVALID_ARGUMENT for one that was changed or makes no sense, FAILED_PRECONDITION for one of
    /// another key, NOT_FOUND for one that has expired.
    pub(crate) async fn redeem(&self, ticket: &Ticket) -> Result<Redeem> {
        let Some(rest) = ticket.ticket.strip_prefix(MARKER) else {
            return parse_command("ticket", &ticket.ticket).map(Redeem::Direct);
        };
        let Some(rest) = rest.strip_prefix(VERSION) else {
            return Err(Error::invalid_argument("the ticket has a version that is not known here"));
        };
        let ring = self.keys.current().await;
        let signed = verified(&ring, rest, self.clock.seconds())?;
        Ok(Redeem::Planned(Box::new(signed)))
    }
}

/// What a ticket's rest says, if it is one of ours and still good.
fn verified(ring: &KeyRing, rest: &[u8], now: u64) -> Result<Signed> {
    let changed = || Error::invalid_argument("the ticket was changed, or is not whole");
    let (id, rest) = rest.split_first_chunk::<ID_LEN>().ok_or_else(changed)?;
    let (tag, payload) = rest.split_first_chunk::<TAG_LEN>().ok_or_else(changed)?;
    let message = [MARKER, VERSION, id, payload].concat();
    match ring.verify(id, &message, tag) {
        Some(true) => {}
        Some(false) => return Err(changed()),
        None => {
            let text = "the ticket is signed with a key that is not known here: it is of another \
                        cluster, or its key is no longer in use";
            return Err(Error::failed_precondition(text));
        }
    }
    let signed: Signed = serde_json::from_slice(payload).map_err(|_| changed())?;
    if now > signed.until.saturating_add(SKEW_MAX) {
        let ago = now - signed.until;
        return Err(Error::not_found(format!("the ticket has expired {ago} s ago; plan again")));
    }
    Ok(signed)
}

/// Signs tickets of one caller, which expire at the same time.
#[derive(Clone)]
pub(crate) struct Signer {
    ring: Arc<KeyRing>,
    until: u64,
    principal: Option<String>,
}

impl Signer {
    /// When the tickets expire.
    pub(crate) fn expiration(&self) -> Option<SystemTime> {
        Clock::time_of(self.until)
    }

    /// An endpoint whose ticket is this plan.
    ///
    /// # Errors
    ///
    /// INTERNAL when the plan does not serialise.
    pub(crate) fn endpoint(&self, plan: &ReadPlan) -> Result<FlightEndpoint> {
        let endpoint = FlightEndpoint::new(self.ticket(plan)?);
        Ok(match self.expiration() {
            Some(time) => endpoint.with_expiration_time(time),
            None => endpoint,
        })
    }

    /// The plan as a ticket.
    fn ticket(&self, plan: &ReadPlan) -> Result<Ticket> {
        let (plan, principal) = (plan.clone(), self.principal.clone());
        let payload = serde_json::to_vec(&Signed { plan, until: self.until, principal })?;
        let id = self.ring.ids().next().unwrap_or_default();
        let signature = self.ring.sign(&[MARKER, VERSION, &id, &payload]);
        let (id, tag) = signature.ok_or_else(|| Error::internal("there is no key"))?;
        Ok(Ticket::new([MARKER, VERSION, &id, tag.as_ref(), &payload].concat()))
    }
}

#[cfg(test)]
mod tests;
