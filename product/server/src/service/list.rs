//! ListFlights: the datasets of the index, as a stream.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use wingbeat::arrow::datatypes::Schema;
use wingbeat::{
    CallContext, Code, Criteria, Error, FlightDescriptor, FlightInfo, Permission, ReplyStream,
    Result,
};
use wingbeat_store::{Dataset, Planned, Selection};

use super::StoreService;
use super::info::flight_info;
use crate::cluster::Signer;
use crate::status::IntoFlight;

impl StoreService {
    /// Criteria are a prefix of the name or a glob; none means every flight.
    pub(super) async fn list(
        &self,
        cx: &CallContext,
        criteria: &Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        let Ok(text) = std::str::from_utf8(&criteria.expression) else {
            let text = "the criteria are neither a prefix nor a glob: they are not UTF-8";
            return Err(Error::invalid_argument(text));
        };
        let selection = Selection::parse(text).into_flight()?;
        let datasets = self.blocking(move |store| store.list(&selection)).await?;
        // Described one by one, as the client takes them.
        let (cx, signer) = (cx.clone(), self.tickets.signer(cx).await);
        let describe = move |dataset| describe(cx.clone(), signer.clone(), dataset);
        let infos = stream::iter(datasets).then(describe);
        Ok(ReplyStream::from_stream(infos))
    }
}

/// What a listing says of a dataset: all that GetFlightInfo would say to this caller, and to one
/// that may not read it its name alone.
async fn describe(cx: CallContext, signer: Signer, dataset: Arc<Dataset>) -> Result<FlightInfo> {
    let name = dataset.name();
    let descriptor = FlightDescriptor::path(name.components());
    match cx.authorize(Permission::Read, name.as_str()).await {
        Ok(()) => flight_info(&Planned::whole(dataset), descriptor, &signer, None),
        Err(error) if error.code() == Code::PermissionDenied => {
            let unknown = FlightInfo::new(&Schema::empty()).with_descriptor(descriptor);
            Ok(unknown.with_total_records(-1).with_total_bytes(-1))
        }
        Err(error) => Err(error),
    }
}
