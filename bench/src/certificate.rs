//! The certificate of `grpc+tls://`, made for each run of the benchmark.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::generate_simple_self_signed;
use wingbeat::{ClientTls, PemSource, ServerTls};

use crate::failure::Outcome;

/// The folder that all contestants take it from.
const FOLDER: &str = "BENCH_TLS_FOLDER";
const CERTIFICATE: &str = "server.crt";
const KEY: &str = "server.key";

/// Makes one for this machine.
pub(crate) fn make(folder: &Path) -> Outcome {
    fs::create_dir_all(folder)?;
    let made = generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    fs::write(folder.join(CERTIFICATE), made.cert.pem())?;
    Ok(fs::write(folder.join(KEY), made.signing_key.serialize_pem())?)
}

/// What a server shows.
pub(crate) fn server() -> Outcome<ServerTls> {
    let folder = folder()?;
    Ok(ServerTls::from_pem_files(folder.join(CERTIFICATE), folder.join(KEY))?)
}

/// Whom a client believes.
pub(crate) fn client() -> Outcome<ClientTls> {
    Ok(ClientTls::default().with_roots(PemSource::file(folder()?.join(CERTIFICATE))))
}

fn folder() -> Outcome<PathBuf> {
    let found = std::env::var_os(FOLDER).map(PathBuf::from);
    found.ok_or_else(|| format!("{FOLDER} does not say where the certificate is").into())
}
