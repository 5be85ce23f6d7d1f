//! Ready [`Authenticator`](wingbeat::Authenticator)s for a Flight server:
//!
//! * [`StaticTokens`]: bearer tokens that stand in a file,
//! * [`Users`]: names and argon2 hashes of passwords in a file, who get a token for their password,
//! * [`Jwt`]: JSON Web Tokens of an issuer whose keys stand in a JWKS file,
//! * [`ClientCertificates`]: whom TLS has verified.
//!
//! A server may have several; the first one that knows the caller decides.
//!
//! ```no_run
//! # async fn run(geese: impl wingbeat::FlightService) -> Result<(), Box<dyn std::error::Error>> {
//! use wingbeat_auth::{StaticTokens, Users};
//!
//! wingbeat::Server::bind("grpc://127.0.0.1:8815")
//!     .await?
//!     .authenticator(StaticTokens::from_file("tokens")?)
//!     .authenticator(Users::from_file("users")?)
//!     .serve(geese)
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Files are looked at again while the server runs, at most once a second and only when somebody
//! calls; one that cannot be read or makes no sense is logged, and what was read before holds.

mod certificate;
mod error;
mod granted;
mod jwt;
mod lines;
mod secret;
mod tokens;
mod users;
mod watched;

pub use self::certificate::ClientCertificates;
pub use self::error::LoadError;
pub use self::granted::GrantedTokens;
pub use self::jwt::Jwt;
pub use self::tokens::StaticTokens;
pub use self::users::{Users, hash_password};
pub use self::watched::Watched;
