//! A certificate that signs itself: for trying things out, and where clients are given the file.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use wingbeat::Address;

use crate::exit::{Failure, Outcome};

/// How long it is valid; no more than clients of the web would take.
const DAYS: u32 = 397;
/// After how many days a server that starts makes a new one.
const RENEWED_AFTER_DAYS: u32 = 300;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Where it is kept.
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// The certificate of this machine, for `localhost`, the machine's name and the hosts of `bind`.
/// It is made once, and again when it lacks a name or grows old.
pub(super) fn self_signed(bind: &[Address]) -> Outcome<Files> {
    let folder = state_folder()?;
    made_in(&folder, names(bind)).map_err(|error| {
        Failure::local(format_args!("cannot keep a certificate in {}: {error}", folder.display()))
    })
}

fn state_folder() -> Outcome<PathBuf> {
    let absolute = |key| std::env::var_os(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .ok_or_else(|| {
            Failure::usage("--tls-self-signed keeps its files below $HOME, which is not set")
        })?;
    Ok(state.join("wingbeat"))
}

/// What clients on this machine and elsewhere may call the server.
fn names(bind: &[Address]) -> BTreeSet<String> {
    let mut names: BTreeSet<_> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let machine = rustix::system::uname();
    let hosts = bind.iter().filter_map(|address| match address {
        Address::Tls { host, .. } => Some(host.as_str()),
        _ => None,
    });
    for host in hosts.chain(machine.nodename().to_str().ok()) {
        let is_any = host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
        if !is_any && !host.is_empty() && host.is_ascii() && !host.contains(['\n', '%']) {
            names.insert(host.to_owned());
        }
    }
    names
}

fn made_in(folder: &Path, mut names: BTreeSet<String>) -> std::io::Result<Files> {
    let file = |name| folder.join(format!("self-signed.{name}"));
    let (list, files) = (file("names"), Files { certificate: file("crt"), key: file("key") });
    let had: BTreeSet<String> =
        fs::read_to_string(&list).unwrap_or_default().lines().map(str::to_owned).collect();
    if had.is_superset(&names) && is_fresh(&files.certificate) && files.key.is_file() {
        return Ok(files);
    }
    // Those of other servers of this machine stay.
    names.extend(had);
    let (certificate, key) = make(&names).map_err(std::io::Error::other)?;
    fs::create_dir_all(folder)?;
    // The list last: without it, the next start makes all of it again.
    write(&files.key, &key, 0o600)?;
    write(&files.certificate, &certificate, 0o644)?;
    let list_text: Vec<_> = names.into_iter().collect();
    write(&list, &list_text.join("\n"), 0o644)?;
    Ok(files)
}

fn is_fresh(certificate: &Path) -> bool {
    let modified = fs::metadata(certificate).and_then(|meta| meta.modified());
    modified.is_ok_and(|modified| {
        let age = SystemTime::now().duration_since(modified).unwrap_or_default();
        age < DAY * RENEWED_AFTER_DAYS
    })
}

/// A certificate and its key, in PEM.
fn make(names: &BTreeSet<String>) -> Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "wingbeat, signed by itself");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = SystemTime::now();
    // Clocks differ.
    params.not_before = (now - DAY).into();
    params.not_after = (now + DAY * DAYS).into();
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

/// Replaces a file as a whole; nobody reads half of it, or reads it before it has its mode.
fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn one_is_made_once_and_for_all_names() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("state");
        let files = made_in(&folder, set(&["localhost", "a.example"])).unwrap();
        let first = fs::read(&files.certificate).unwrap();
        let mode = fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        made_in(&folder, set(&["localhost"])).unwrap();
        assert_eq!(fs::read(&files.certificate).unwrap(), first, "it is used again");

        made_in(&folder, set(&["localhost", "b.example"])).unwrap();
        let second = fs::read(&files.certificate).unwrap();
        assert_ne!(second, first);
        made_in(&folder, set(&["a.example", "b.example"])).unwrap();
        assert_eq!(fs::read(&files.certificate).unwrap(), second, "it has the names of both");

        let old = SystemTime::now() - DAY * (RENEWED_AFTER_DAYS + 1);
        fs::File::open(&files.certificate).unwrap().set_modified(old).unwrap();
        made_in(&folder, set(&["localhost"])).unwrap();
        assert_ne!(fs::read(&files.certificate).unwrap(), second, "it was old");
    }

    #[test]
    fn names_are_those_that_a_certificate_may_hold() {
        let bind = ["grpc+tls://0.0.0.0:1", "grpc+tls://10.1.2.3:1", "grpc://10.9.9.9:1"];
        let bind = bind.map(|text| text.parse().unwrap());
        let names = names(&bind);
        assert!(names.is_superset(&set(&["localhost", "127.0.0.1", "::1", "10.1.2.3"])));
        assert!(!names.contains("0.0.0.0") && !names.contains("10.9.9.9"), "{names:?}");
    }
}
