//! What the tests share: a server on a folder of its own, files in it, and short ways to call it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wingbeat::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use wingbeat::arrow::compute::concat_batches;
use wingbeat::{
    Action, BatchStream, Client, Criteria, Error, FlightDescriptor, FlightInfo, HeaderName, Result,
    Ticket,
};
use wingbeat_server::{ServeConfig, ServeError, serve};
use wingbeat_store::{FileWriter, Format, StoreLocation, WriteOptions};

/// How long anything may take before a test counts as hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server that stops when it is dropped.
pub(crate) struct TestServer {
    /// `None` where the test keeps it.
    folder: Option<TempDir>,
    root: PathBuf,
    pub(crate) address: String,
    pub(crate) addresses: Vec<String>,
    pub(crate) stop: CancellationToken,
    task: JoinHandle<Result<(), ServeError>>,
}

impl TestServer {
    /// On an empty folder.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// On an empty folder, with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut ServeConfig)) -> Self {
        Self::on(tempfile::tempdir().unwrap(), change).await
    }

    /// On a folder that is there.
    pub(crate) async fn on(folder: TempDir, change: impl FnOnce(&mut ServeConfig)) -> Self {
        let mut config = ServeConfig::new(folder.path());
        change(&mut config);
        let mut server = Self::of(config).await;
        server.folder = Some(folder);
        server
    }

    /// Stops, and begins again on the same folder with other settings.
    pub(crate) async fn again(mut self, change: impl FnOnce(&mut ServeConfig)) -> Self {
        let folder = self.folder.take().unwrap();
        self.ended().await.unwrap();
        Self::on(folder, change).await
    }

    /// With settings alone; the address is chosen unless they name others.
    pub(crate) async fn of(mut config: ServeConfig) -> Self {
        if config.bind == ServeConfig::new(".").bind {
            config.bind = vec!["grpc://127.0.0.1:0".parse().unwrap()];
        }
        let StoreLocation::Folder(root) = config.root.clone() else { panic!("{config:?}") };
        let (ready, addresses) = oneshot::channel::<Vec<String>>();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let announce = move |addresses: &[wingbeat::Address]| {
            ready.send(addresses.iter().map(ToString::to_string).collect()).unwrap();
        };
        let task = tokio::spawn(serve(config, announce, stopped));
        let addresses = addresses.await.unwrap();
        Self { folder: None, root, address: addresses[0].clone(), addresses, stop, task }
    }

    /// The folder that is served.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address).unwrap()
    }

    /// Waits until the server has ended, and gives what it says.
    pub(crate) async fn ended(mut self) -> Result<(), ServeError> {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, &mut self.task).await.unwrap().unwrap()
    }

    /// Everything below the folder that is a file, uploads under way included; neither locks nor
    /// the secret.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        walk(self.root(), self.root(), &mut files);
        files.retain(|file| !file.ends_with("lock") && file != ".wingbeat/secret");
        files.sort();
        files
    }

    /// The uploads under way.
    pub(crate) fn staged(&self) -> usize {
        self.files().iter().filter(|file| file.starts_with(".wingbeat/")).count()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<String>) {
    // A folder may vanish while it is looked at.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path: PathBuf = entry.path();
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            files.push(path.strip_prefix(root).unwrap().display().to_string());
        }
    }
}

/// `count` rows from `first` on: a number and a word.
pub(crate) fn rows(first: i64, count: i64) -> RecordBatch {
    let ids = Int64Array::from_iter_values(first..first + count);
    let words: StringArray = (first..first + count).map(|i| Some(format!("w{i}"))).collect();
    RecordBatch::try_from_iter([
        ("id", Arc::new(ids) as ArrayRef),
        ("word", Arc::new(words) as ArrayRef),
    ])
    .unwrap()
}

/// A file that the server did not write.
pub(crate) fn write_file(path: &Path, batch: &RecordBatch) {
    write_file_with(path, batch, &WriteOptions::default());
}

pub(crate) fn write_file_with(path: &Path, batch: &RecordBatch, options: &WriteOptions) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let (_, _, format): (_, _, Format) = Format::split_name(name).unwrap();
    let file = Box::new(File::create(path).unwrap());
    let mut writer = FileWriter::new(file, format, batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

pub(crate) fn path(name: &str) -> FlightDescriptor {
    FlightDescriptor::path([name])
}

pub(crate) fn command(text: impl Into<String>) -> FlightDescriptor {
    FlightDescriptor::command(text.into())
}

/// The same client with one more header.
pub(crate) fn with(client: &Client, name: &'static str, value: &str) -> Client {
    client.clone().with_header(HeaderName::from_static(name), value.parse().unwrap())
}

/// Uploads batches; the last result as JSON.
pub(crate) async fn put(
    client: &Client,
    descriptor: FlightDescriptor,
    batches: &[RecordBatch],
) -> Result<serde_json::Value> {
    let stream = BatchStream::from_batches(batches[0].schema(), batches.to_vec());
    let last = client.do_put(descriptor, stream).finish().await?;
    let last = last.ok_or_else(|| Error::internal("no result"))?;
    Ok(serde_json::from_slice(&last.app_metadata)?)
}

/// A whole flight as one batch.
pub(crate) async fn read(client: &Client, descriptor: FlightDescriptor) -> Result<RecordBatch> {
    whole(client.read(descriptor).await?).await
}

/// What a ticket of any form gives, as one batch.
pub(crate) async fn get(client: &Client, ticket: impl Into<String>) -> Result<RecordBatch> {
    whole(client.do_get(Ticket::new(ticket.into())).await?).await
}

pub(crate) async fn whole(stream: BatchStream) -> Result<RecordBatch> {
    let schema = stream.schema().clone();
    Ok(concat_batches(&schema, &stream.collect_batches().await?)?)
}

/// The names that a listing shows.
pub(crate) async fn list(client: &Client, criteria: &str) -> Result<Vec<String>> {
    let infos = infos(client, criteria).await?;
    Ok(infos.iter().map(name_of).collect())
}

pub(crate) async fn infos(client: &Client, criteria: &str) -> Result<Vec<FlightInfo>> {
    let criteria = Criteria { expression: criteria.to_owned().into() };
    client.list_flights(criteria).await?.collect().await
}

pub(crate) fn name_of(info: &FlightInfo) -> String {
    match &info.flight_descriptor {
        Some(FlightDescriptor::Path(path)) => path.join("/"),
        other => panic!("expected a path, found {other:?}"),
    }
}

/// The results of an action.
pub(crate) async fn act(
    client: &Client,
    action: &str,
    body: impl Into<String>,
) -> Result<Vec<String>> {
    let results = client.do_action(Action::new(action, body.into())).await?.collect().await?;
    Ok(results.iter().map(|r| String::from_utf8(r.body.to_vec()).unwrap()).collect())
}

/// Comes back once `done` is true. For what other threads do without telling anybody.
pub(crate) async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited too long: {what}");
        tokio::task::yield_now().await;
    }
}
