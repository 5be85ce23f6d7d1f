//! What goes wrong in TLS, in words that say what to do. Nothing of a key is ever in them.

use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use crate::listener::describe;

/// What is wrong with a server, for the error of its client.
pub(super) fn explain_server(error: &io::Error) -> String {
    match tls_error(error) {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "the server speaks no TLS (a plaintext server is at grpc://)".to_owned()
        }
        Some(Error::InvalidCertificate(reason)) => {
            format!("the server's certificate is not to be trusted: {}", explain_reason(reason))
        }
        Some(Error::AlertReceived(alert)) => explain_alert(*alert),
        Some(error) => format!("TLS failed: {error}"),
        // Servers that were asked in plaintext seldom answer anything.
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                "the server hung up within the TLS handshake; does it speak TLS? (a plaintext \
                 server is at grpc://)"
                    .to_owned()
            }
            _ => describe(error),
        },
    }
}

/// What is wrong with a client, for the log of its server.
pub(super) fn explain_client(error: &io::Error) -> String {
    match tls_error(error) {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "it speaks no TLS (clients of this port are to use grpc+tls://)".to_owned()
        }
        Some(Error::NoCertificatesPresented) => "it shows no certificate".to_owned(),
        Some(Error::InvalidCertificate(reason)) => {
            format!("its certificate is not to be trusted: {}", explain_reason(reason))
        }
        Some(Error::AlertReceived(alert)) if is_about_certificate(*alert) => {
            format!("it does not trust the certificate of this server ({alert:?})")
        }
        Some(Error::AlertReceived(alert)) => format!("it ended the TLS handshake ({alert:?})"),
        Some(Error::NoApplicationProtocol) => "its TLS is not for HTTP/2 (ALPN h2)".to_owned(),
        Some(error) => format!("TLS failed: {error}"),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it hung up within the TLS handshake".to_owned()
        }
        None => describe(error),
    }
}

/// What rustls found, if it was that.
pub(super) fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn explain_reason(reason: &CertificateError) -> String {
    match reason {
        CertificateError::UnknownIssuer => {
            "no root that is known here has signed it; its root has to be named".to_owned()
        }
        CertificateError::BadSignature => {
            "the root of that name that is known here has not signed it".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("it has expired ({reason})")
        }
        reason if is_authority(reason) => {
            "it is that of a certificate authority, which no server or client may use as its own"
                .to_owned()
        }
        other => other.to_string(),
    }
}

/// Whether a certificate is refused because it says that it is an authority's.
pub(super) fn is_authority(reason: &CertificateError) -> bool {
    // The library that finds it is not named here, only its words.
    matches!(reason, CertificateError::Other(other)
        if other.to_string().contains("CaUsedAsEndEntity"))
}

fn explain_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            "the server asks for a client certificate".to_owned()
        }
        AlertDescription::NoApplicationProtocol => "the server's TLS is not for HTTP/2".to_owned(),
        alert if is_about_certificate(alert) => {
            format!("the server refuses the client certificate ({alert:?})")
        }
        // What TLS 1.2 says for a missing certificate, among other things.
        AlertDescription::HandshakeFailure => {
            "the server ended the TLS handshake (HandshakeFailure); does it ask for a client \
             certificate?"
                .to_owned()
        }
        alert => format!("the server ended the TLS handshake ({alert:?})"),
    }
}

fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
    )
}
