//! DoGet: redeems a ticket.

use futures_util::StreamExt;
use wingbeat::{BatchStream, CallContext, Error, Result, Ticket};
use wingbeat_store::ReadPlan;

use super::StoreService;
use super::info::note_dataset;
use crate::log::CallRecord;
use crate::request::{Redeem, parse_ticket};
use crate::status::status;

impl StoreService {
    pub(super) async fn get(&self, cx: &CallContext, ticket: &Ticket) -> Result<BatchStream> {
        let plan = self.redeem(cx, ticket).await?;
        let room = self.budget.read().await?;
        let stream = self.blocking(move |store| store.read(&plan)).await?;
        let schema = stream.schema().clone();
        let record = CallRecord::of(cx);
        let batches = stream.map(move |batch| {
            let _held = &room;
            let batch = batch.map_err(status)?;
            if let Some(record) = &record {
                record.batch(&batch);
            }
            Ok::<_, Error>(batch)
        });
        Ok(BatchStream::from_stream(schema, batches))
    }

    async fn redeem(&self, cx: &CallContext, ticket: &Ticket) -> Result<ReadPlan> {
        match parse_ticket(ticket)? {
            Redeem::Planned(plan) => {
                note_dataset(cx, &plan.request);
                Ok(*plan)
            }
            Redeem::Direct(command) => {
                let request = command.into_read();
                note_dataset(cx, &request);
                let planned = self.blocking(move |store| store.plan(&request)).await?;
                Ok(planned.plan().clone())
            }
        }
    }
}
