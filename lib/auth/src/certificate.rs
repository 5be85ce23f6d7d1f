//! [`ClientCertificates`]: whom TLS has verified.

use wingbeat::{AuthAttempt, Authenticated, Authenticator, Refusal};

/// Lets in whoever showed a client certificate that the listener verified, under the name in it.
///
/// A caller that presents credentials beside its certificate is judged by those: a wrong password
/// is not made good by the connection that it came over.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ClientCertificates {}

impl ClientCertificates {
    /// The authenticator.
    pub fn new() -> Self {
        Self {}
    }
}

impl Authenticator for ClientCertificates {
    async fn authenticate(&self, attempt: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
        match attempt.certificate() {
            Some(_) if attempt.credentials().is_some() => {
                Err(Refusal::new("the certificate counts only without other credentials"))
            }
            Some(identity) => Ok(Authenticated::new(identity.clone())),
            None => Err(Refusal::new("no certificate")),
        }
    }
}
