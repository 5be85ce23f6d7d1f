//! [`Workloads`]: sends workloads, takes them, and sends them back.

use std::collections::HashMap;
use std::iter::repeat_n;
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use wingbeat::{
    BatchStream, CallContext, Error, Exchange, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, Result, Ticket, Upload,
};

use crate::workload::{Kind, Workload};

/// The service. A workload's batch is built when it is first asked for.
#[derive(Default)]
pub(super) struct Workloads {
    batches: Mutex<HashMap<Kind, RecordBatch>>,
}

impl Workloads {
    fn batch(&self, kind: Kind) -> RecordBatch {
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        batches.entry(kind).or_insert_with(|| kind.batch()).clone()
    }
}

impl FlightService for Workloads {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let schema = Schema::new(vec![Field::new("x", DataType::Int64, true)]);
        let endpoint = FlightEndpoint::new(Ticket::new("one"));
        Ok(FlightInfo::new(&schema).with_descriptor(descriptor).with_endpoint(endpoint))
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let Workload { kind, batches } = named(&ticket.ticket)?;
        let batch = self.batch(kind);
        let count = usize::try_from(batches).unwrap_or(usize::MAX);
        Ok(BatchStream::from_batches(batch.schema(), repeat_n(batch, count))
            .with_options(kind.encode_options()))
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let mut batches = 0_u64;
        while upload.next_batch().await?.is_some() {
            batches += 1;
        }
        upload.ack(batches.to_string()).await
    }

    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        // Sent back as the client would be sent it.
        let workload = match exchange.descriptor() {
            FlightDescriptor::Path(path) => named(path.concat().as_bytes())?,
            _ => return Err(Error::invalid_argument("the descriptor is no path")),
        };
        let exchange = exchange.with_options(workload.kind.encode_options());
        let (mut sender, mut receiver) = exchange.split();
        while let Some(batch) = receiver.next_batch().await? {
            sender.send(batch).await?;
        }
        sender.finish();
        Ok(())
    }
}

/// The workload that a ticket names.
fn named(name: &[u8]) -> Result<Workload> {
    let name =
        std::str::from_utf8(name).map_err(|_| Error::invalid_argument("the ticket is no text"))?;
    name.parse().map_err(Error::not_found)
}
