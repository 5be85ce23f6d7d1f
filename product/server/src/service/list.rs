//! ListFlights: the datasets of the index, as a stream.

use wingbeat::{Criteria, Error, FlightDescriptor, FlightInfo, ReplyStream, Result};
use wingbeat_store::{Planned, Selection};

use super::StoreService;
use super::info::flight_info;
use crate::status::IntoFlight;

impl StoreService {
    /// Criteria are a prefix of the name or a glob; none means every flight.
    pub(super) async fn list(&self, criteria: &Criteria) -> Result<ReplyStream<FlightInfo>> {
        let Ok(text) = std::str::from_utf8(&criteria.expression) else {
            let text = "the criteria are neither a prefix nor a glob: they are not UTF-8";
            return Err(Error::invalid_argument(text));
        };
        let selection = Selection::parse(text).into_flight()?;
        let datasets = self.blocking(move |store| store.list(&selection)).await?;
        // Described one by one, as the client takes them.
        let infos = datasets.into_iter().map(|dataset| {
            let descriptor = FlightDescriptor::path(dataset.name().components());
            flight_info(&Planned::whole(dataset), descriptor)
        });
        Ok(ReplyStream::from_stream(futures_util::stream::iter(infos)))
    }
}
