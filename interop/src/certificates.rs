//! Certificates for the tests of TLS: an authority with a server and a client, and a foreign one.

use std::path::Path;

use serde_json::json;
use wingbeat_testkit::certificates::{Authority, Subject};

use crate::report::Report;

/// Writes all of them into a folder.
pub(crate) fn write(folder: &Path) -> wingbeat::Result<Report> {
    let (ours, foreign) = (Authority::new("interop"), Authority::new("foreign"));
    std::fs::write(folder.join("ca.crt"), ours.pem())?;
    std::fs::write(folder.join("foreign-ca.crt"), foreign.pem())?;
    let elsewhere = Subject { names: vec!["flights.example.org"], ..Subject::default() };
    for (name, pair) in [
        ("server", ours.localhost()),
        ("elsewhere", ours.sign(elsewhere)),
        ("client", ours.named("ada")),
        ("foreign", foreign.named("ada")),
    ] {
        pair.write(folder, name);
    }
    Ok(json!(folder))
}
