//! [`Guard`]: the authenticators and the policy of a server, shared by its listeners.

use wingbeat::Server;
use wingbeat_auth::{ClientCertificates, Jwt, LoadError, StaticTokens, Users};

use super::AuthConfig;
use super::policy::Policy;
use crate::log::{Noting, note_user};

/// What is put before a service. A token that one listener hands out is good for all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    tokens: Option<StaticTokens>,
    users: Option<Users>,
    jwt: Option<Jwt>,
    certificates: Option<ClientCertificates>,
    policy: Option<Policy>,
}

impl Guard {
    /// Reads the files. Blocks.
    pub(crate) fn load(config: &AuthConfig) -> Result<Self, LoadError> {
        let jwt = config.jwt.as_ref().map(|jwt| {
            let keys = Jwt::from_jwks_file(&jwt.jwks, &jwt.issuer, &jwt.audience)?;
            Ok(keys.with_name_claim(&jwt.name_claim).with_role_claim(&jwt.role_claim))
        });
        Ok(Self {
            tokens: config.tokens.as_ref().map(StaticTokens::from_file).transpose()?,
            users: config.users.as_ref().map(Users::from_file).transpose()?,
            jwt: jwt.transpose()?,
            certificates: config.client_certificates.then(ClientCertificates::new),
            policy: config.policy.as_ref().map(Policy::from_file).transpose()?,
        })
    }

    /// Puts all of it before a server's service.
    pub(crate) fn put_before(&self, mut server: Server) -> Server {
        if let Some(tokens) = &self.tokens {
            server = server.authenticator(Noting(tokens.clone()));
        }
        if let Some(users) = &self.users {
            server = server.authenticator(Noting(users.clone()));
        }
        if let Some(jwt) = &self.jwt {
            server = server.authenticator(Noting(jwt.clone()));
        }
        if let Some(certificates) = &self.certificates {
            server = server.authenticator(Noting(*certificates));
        }
        if let Some(policy) = &self.policy {
            server = server.authorizer(policy.clone());
        }
        server.middleware(note_user)
    }
}
