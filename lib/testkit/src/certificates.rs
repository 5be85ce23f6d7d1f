//! Certificates for tests of TLS: an authority, and what it signs.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

/// A certificate authority of its own: what one signs, another does not vouch for.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key, in PEM.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

/// Where a [`Pair`] was written.
#[derive(Debug, Clone)]
pub struct PairFiles {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

/// What is to stand in a certificate.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The common name.
    pub common_name: Option<&'static str>,
    /// Alternative names: IP addresses and DNS names.
    pub names: Vec<&'static str>,
    /// Alternative names: URIs.
    pub uris: Vec<&'static str>,
    /// Alternative names: mail addresses.
    pub emails: Vec<&'static str>,
    /// Whether its time is over.
    pub expired: bool,
    /// Whether it says of itself that it is an authority's, as `openssl req -x509` does.
    pub is_authority: bool,
}

impl Authority {
    /// A new authority.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate, which those are to know who shall believe it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// For a server on this machine: `localhost`, `127.0.0.1` and `::1`.
    pub fn localhost(&self) -> Pair {
        self.sign(Subject { names: vec!["localhost", "127.0.0.1", "::1"], ..Subject::default() })
    }

    /// For somebody with that common name.
    pub fn named(&self, common_name: &'static str) -> Pair {
        self.sign(Subject { common_name: Some(common_name), ..Subject::default() })
    }

    /// Signs a certificate with a key of its own.
    pub fn sign(&self, subject: Subject) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params_of(subject).signed_by(&key, &self.issuer).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }
}

/// A certificate that signs itself.
pub fn self_signed(subject: Subject) -> Pair {
    let key = KeyPair::generate().unwrap();
    let certificate = params_of(subject).self_signed(&key).unwrap().pem();
    Pair { certificate, key: key.serialize_pem() }
}

fn params_of(subject: Subject) -> CertificateParams {
    let Subject { common_name, names, uris, emails, expired, is_authority } = subject;
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(name) = common_name {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    let uris = uris.into_iter().map(|uri| SanType::URI(uri.try_into().unwrap()));
    // In the order that is not that of their importance.
    let emails = emails.into_iter().map(|mail| SanType::Rfc822Name(mail.try_into().unwrap()));
    params.subject_alt_names.splice(0..0, emails);
    params.subject_alt_names.extend(uris);
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    if expired {
        params.not_after = date_time_ymd(2001, 9, 9);
    }
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

impl Pair {
    /// Writes both into a folder, as `NAME.crt` and `NAME.key`.
    pub fn write(&self, folder: &Path, name: &str) -> PairFiles {
        let certificate = folder.join(format!("{name}.crt"));
        let key = folder.join(format!("{name}.key"));
        std::fs::write(&certificate, &self.certificate).unwrap();
        std::fs::write(&key, &self.key).unwrap();
        PairFiles { certificate, key }
    }
}
