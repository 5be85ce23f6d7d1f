//! Who is let in, as the command line says it.

use std::path::PathBuf;

/// The files that say who is let in and what they may do. Without any everybody is let in, and may
/// do what the listener allows.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AuthConfig {
    /// Bearer tokens: lines `NAME:TOKEN` or `NAME:TOKEN:ROLE,ROLE`.
    pub tokens: Option<PathBuf>,
    /// Users with passwords: lines `NAME:HASH` or `NAME:HASH:ROLE,ROLE`.
    pub users: Option<PathBuf>,
    /// JSON Web Tokens.
    pub jwt: Option<JwtConfig>,
    /// Whether a verified client certificate says who calls.
    pub client_certificates: bool,
    /// Who may do what with which datasets. Without one whoever is let in may do everything.
    pub policy: Option<PathBuf>,
}

/// Which JSON Web Tokens are taken.
#[derive(Debug, Clone)]
pub struct JwtConfig {
    /// The issuer's keys, a JWKS file.
    pub jwks: PathBuf,
    /// The issuer (`iss`).
    pub issuer: String,
    /// For whom the tokens are (`aud`).
    pub audience: String,
    /// The claim that is the caller's name.
    pub name_claim: String,
    /// The claim that holds the caller's roles.
    pub role_claim: String,
}

impl AuthConfig {
    /// Whether callers have to say who they are.
    pub fn is_required(&self) -> bool {
        self.has_credentials() || self.client_certificates
    }

    /// Whether nothing but a client certificate says who calls.
    pub(crate) fn is_by_certificate_alone(&self) -> bool {
        self.client_certificates && !self.has_credentials()
    }

    fn has_credentials(&self) -> bool {
        self.tokens.is_some() || self.users.is_some() || self.jwt.is_some()
    }
}
