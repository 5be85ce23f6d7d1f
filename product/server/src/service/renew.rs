//! RenewFlightEndpoint: a ticket that is still good becomes one that is good for longer.

use wingbeat::{CallContext, FlightEndpoint, Permission, Result};

use super::StoreService;
use crate::cluster::Redeem;
use crate::log::CallRecord;

impl StoreService {
    /// Signs the ticket of an endpoint again, for a caller that may still read. What never expires,
    /// as a plain name, stays as it is.
    pub(super) async fn renew(
        &self,
        cx: &CallContext,
        endpoint: FlightEndpoint,
    ) -> Result<FlightEndpoint> {
        let ticket = endpoint.ticket.clone().unwrap_or_default();
        let redeem = self.tickets.redeem(&ticket).await?;
        if let Some(record) = CallRecord::of(cx) {
            record.dataset(redeem.dataset());
        }
        self.authorize(cx, Permission::Read, redeem.dataset()).await?;
        let Redeem::Planned(signed) = redeem else { return Ok(endpoint) };
        signed.check_caller(cx)?;
        let renewed = self.tickets.signer(cx).await.endpoint(&signed.plan)?;
        let FlightEndpoint { ticket, expiration_time, .. } = renewed;
        Ok(FlightEndpoint { ticket, expiration_time, ..endpoint })
    }
}
