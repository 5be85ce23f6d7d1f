//! The data files of the harness, which has no name for this scenario: batches are put under the
//! path of a file, acknowledged one by one, and read back from wherever the server says.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use wingbeat::arrow::array::{Array as _, ArrayData, RecordBatch};
use wingbeat::arrow::datatypes::SchemaRef;
use wingbeat::{
    BatchStream, CallContext, Client, Error, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, FlightStreamChunk, Location, Result, Server, Ticket, Upload,
};

use super::{check, map_names};

/// Serves the scenario until `shutdown` is ready. The server has to listen on a port.
///
/// # Errors
/// When the listeners break.
pub async fn serve_data_files(
    server: Server,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<()> {
    let address = server.local_addr().to_string();
    let port = address.rsplit(':').next().unwrap_or_default();
    let location = Location::new(format!("grpc+tcp://127.0.0.1:{port}"));
    let service = Service { location, uploads: Mutex::default() };
    server.serve_with_shutdown(service, shutdown).await
}

struct Service {
    location: Location,
    uploads: Mutex<HashMap<String, (SchemaRef, Vec<RecordBatch>)>>,
}

impl Service {
    fn find(&self, path: &str) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let found = uploads.get(path).cloned();
        found.ok_or_else(|| Error::not_found(format!("there is no flight {path}")))
    }
}

/// The first component of the path, under which everything is kept.
fn key(descriptor: &FlightDescriptor) -> Result<&str> {
    match descriptor {
        FlightDescriptor::Path(path) => path.first().map(String::as_str),
        _ => None,
    }
    .ok_or_else(|| Error::invalid_argument("a descriptor by path is expected"))
}

impl FlightService for Service {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let path = key(&descriptor)?.to_owned();
        let (schema, batches) = self.find(&path)?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let endpoint = FlightEndpoint::new(Ticket::new(path));
        Ok(FlightInfo::new(&schema)
            .with_descriptor(descriptor)
            .with_endpoint(endpoint.with_location(self.location.clone()))
            .with_total_records(i64::try_from(rows)?))
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let (schema, batches) = self.find(&String::from_utf8_lossy(&ticket.ticket))?;
        Ok(BatchStream::from_blocking(schema, numbered(batches).map(Ok::<_, Error>)))
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let path = key(upload.descriptor())?.to_owned();
        let schema = upload.schema().await?;
        let mut batches = Vec::new();
        while let Some(chunk) = upload.next().await? {
            batches.extend(chunk.data);
            if let Some(app_metadata) = chunk.app_metadata {
                upload.ack(app_metadata).await?;
            }
        }
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        uploads.insert(path, (schema, batches));
        Ok(())
    }
}

/// Each batch with its number.
fn numbered(batches: Vec<RecordBatch>) -> impl Iterator<Item = FlightStreamChunk> + Send {
    let batches = batches.into_iter().enumerate();
    batches.map(|(index, batch)| FlightStreamChunk::from(batch).with_metadata(index.to_string()))
}

/// What a data file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// The schema of all batches.
    pub schema: SchemaRef,
    /// The batches.
    pub batches: Vec<RecordBatch>,
}

impl DataFile {
    /// Puts the file under this path, and reads it back.
    ///
    /// # Errors
    /// What the server answered, or how that differs from what it has to answer.
    pub async fn run(&self, client: &Client, path: &str) -> Result<()> {
        self.put(client, path).await?;
        self.get(client, path).await
    }

    /// Puts the file under this path, and waits for the answer to each batch before the next.
    ///
    /// # Errors
    /// What the server answered, or how that differs from what it has to answer.
    pub async fn put(&self, client: &Client, path: &str) -> Result<()> {
        let (mut sender, stream) = BatchStream::channel(self.schema.clone(), 1);
        let mut results = client.do_put(FlightDescriptor::path([path]), stream);
        for chunk in numbered(self.batches.clone()) {
            let number = chunk.app_metadata.clone();
            sender.send(chunk).await?;
            let answer = results.next().await?;
            let answer = answer.ok_or_else(|| Error::internal("the upload was ended early"))?;
            check::equal("the answer to a batch", Some(answer.app_metadata), number)?;
        }
        sender.finish();
        check::equal("what comes after the last answer", results.finish().await?, None)
    }

    /// Reads what was put under this path, on a connection of its own for each place where it lies.
    ///
    /// # Errors
    /// What the server answered, or how that differs from what it has to answer.
    pub async fn get(&self, client: &Client, path: &str) -> Result<()> {
        let info = client.get_flight_info(FlightDescriptor::path([path])).await?;
        check::that(!info.endpoints.is_empty(), "the flight has no endpoints")?;
        for endpoint in info.endpoints {
            check::that(!endpoint.locations.is_empty(), "an endpoint has no locations")?;
            let ticket = endpoint.ticket.unwrap_or_default();
            for location in endpoint.locations {
                let there = Client::new(&location.uri)?;
                self.compare(there.do_get(ticket.clone()).await?).await?;
            }
        }
        Ok(())
    }

    /// Fails unless the stream is the file, batch by batch.
    async fn compare(&self, mut stream: BatchStream) -> Result<()> {
        let schema = map_names::canonical_schema(&self.schema);
        check::equal("the schema", map_names::canonical_schema(stream.schema()), schema)?;
        for expected in numbered(self.batches.clone()) {
            let found = stream.next().await?;
            let found = found.ok_or_else(|| Error::internal("there are too few batches"))?;
            check::equal("the metadata of a batch", found.app_metadata, expected.app_metadata)?;
            let [found, expected] = [found.data, expected.data].map(columns);
            for column in &found {
                column.validate_full()?;
            }
            check::equal("a batch", found, expected)?;
        }
        check::that(stream.next().await?.is_none(), "there are too many batches")
    }
}

/// The columns of a batch, whatever names they have for the parts of maps.
fn columns(batch: Option<RecordBatch>) -> Vec<ArrayData> {
    let columns = batch.iter().flat_map(RecordBatch::columns);
    columns.map(|column| map_names::canonical_data(column.to_data())).collect()
}
