//! SeaweedFS, started and stopped by the tests: an S3 that keeps the protocol's conditions.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wingbeat_store::{BucketSettings, Store, StoreLocation, StoreOptions};

/// The bucket that is there from the start.
pub(crate) const BUCKET: &str = "lake";
const KEY: &str = "tester";
const SECRET: &str = "not-much-of-a-secret";
/// How long it may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// SeaweedFS talks to itself at each port plus this.
const GRPC_OFFSET: u16 = 10_000;

/// The program: what `WINGBEAT_WEED` names, as `cargo xtask test` sets it. `None`, where it is not
/// there, is told; in CI it fails.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn program() -> Option<PathBuf> {
    let program = std::env::var_os("WINGBEAT_WEED").map(PathBuf::from);
    if program.is_none() {
        let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!is_ci, "WINGBEAT_WEED does not name SeaweedFS's `weed`, and CI tests with it");
        eprintln!("skipped: WINGBEAT_WEED does not name SeaweedFS's `weed` (cargo xtask test)");
    }
    program
}

/// One server with one bucket; it goes with this value.
pub(crate) struct Weed {
    program: PathBuf,
    folder: TempDir,
    ports: [u16; 5],
    child: Child,
    runtime: Runtime,
}

impl Weed {
    /// Starts one, where the program is there.
    pub(crate) fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let ports = ports();
        let child = spawn(&program, &folder, ports);
        let runtime = Runtime::new().unwrap();
        let weed = Self { program, folder, ports, child, runtime };
        weed.wait();
        Some(weed)
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, without waiting for it.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&self.program, &self.folder, self.ports);
    }

    /// Where its S3 listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports[3])
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// A client of its own, as other programs have one.
    pub(crate) fn client(&self) -> Arc<dyn ObjectStore> {
        let client = AmazonS3Builder::new()
            .with_bucket_name(BUCKET)
            .with_endpoint(self.endpoint())
            .with_region("us-east-1")
            .with_access_key_id(KEY)
            .with_secret_access_key(SECRET)
            .with_allow_http(true);
        Arc::new(client.build().unwrap())
    }

    /// Puts an object.
    pub(crate) fn put(&self, key: &str, bytes: impl Into<PutPayload>) {
        let (client, key, bytes) = (self.client(), Key::parse(key).unwrap(), bytes.into());
        self.runtime.block_on(async move { client.put(&key, bytes).await }).unwrap();
    }

    /// A store below a prefix of the bucket.
    pub(crate) fn store(&self, prefix: &str) -> Store {
        Store::open(location(prefix), StoreOptions::default().with_bucket(self.settings())).unwrap()
    }

    /// The same, for reading alone.
    pub(crate) fn read_only(&self, prefix: &str) -> Store {
        let options = StoreOptions::default().with_bucket(self.settings()).with_read_only(true);
        Store::open(location(prefix), options).unwrap()
    }

    pub(crate) fn settings(&self) -> BucketSettings {
        BucketSettings::default()
            .with("aws_endpoint_url", self.endpoint())
            .with("aws_region", "us-east-1")
            .with("aws_access_key_id", KEY)
            .with("aws_secret_access_key", SECRET)
            .with("aws_allow_http", "true")
    }

    /// Until the bucket can be listed.
    fn wait(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let connected = TcpStream::connect(("127.0.0.1", self.ports[3])).is_ok();
            let client = self.client();
            let listed = async move { client.list_with_delimiter(None).await };
            if connected && self.runtime.block_on(listed).is_ok() {
                return;
            }
            assert!(Instant::now() < deadline, "SeaweedFS does not start");
            // Nothing tells when it is ready.
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Weed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `s3://lake/PREFIX`.
pub(crate) fn location(prefix: &str) -> StoreLocation {
    let Ok(location) = format!("s3://{BUCKET}/{prefix}").parse();
    location
}

fn spawn(program: &Path, folder: &TempDir, ports: [u16; 5]) -> Child {
    let mut command = Command::new(program);
    command.arg("mini").arg("-dir").arg(folder.path());
    command.args(["-ip", "127.0.0.1", "-ip.bind", "127.0.0.1", "-bucket", BUCKET]);
    command.args(["-webdav=false", "-admin.ui=false", "-master.telemetry=false"]);
    command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
    for (name, port) in ["master", "filer", "volume", "s3", "admin"].into_iter().zip(ports) {
        command.arg(format!("-{name}.port={port}"));
    }
    command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Ports that are free, each with the one that belongs to it.
fn ports() -> [u16; 5] {
    let mut held = Vec::new();
    while held.len() < 5 {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        let Some(second) = port.checked_add(GRPC_OFFSET) else { continue };
        if let Ok(second) = TcpListener::bind(("127.0.0.1", second)) {
            held.push((port, first, second));
        }
    }
    std::array::from_fn(|at| held[at].0)
}
