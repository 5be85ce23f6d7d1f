//! Arguments about who calls: of the client commands, of `wingbeat serve` and `wingbeat passwd`.

use std::path::PathBuf;

/// Who calls. Secrets come from files, the environment, stdin or a prompt, never from arguments.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CredentialArgs {
    /// Present the bearer token in this file, `-` for stdin; without it the one in the environment
    /// variable WINGBEAT_TOKEN
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["user", "password_file"])]
    pub(crate) token_file: Option<PathBuf>,
    /// Present this name and a password: of --password-file, else of the environment variable
    /// WINGBEAT_PASSWORD, else asked for
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// The file with the password, `-` for stdin
    #[arg(long, value_name = "FILE|-", requires = "user")]
    pub(crate) password_file: Option<PathBuf>,
}

/// How a server knows its callers, and what they may do.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Callers")]
pub(crate) struct ServeAuthArgs {
    /// Let in who presents a bearer token of this file: lines NAME:TOKEN or NAME:TOKEN:ROLE,ROLE
    #[arg(long, value_name = "FILE", env = "WINGBEAT_AUTH_TOKENS")]
    pub(crate) auth_tokens: Option<PathBuf>,
    /// Let in the users of this file: lines as `wingbeat passwd` prints them
    #[arg(long, value_name = "FILE", env = "WINGBEAT_AUTH_USERS")]
    pub(crate) auth_users: Option<PathBuf>,
    /// Let in who presents a JSON Web Token that is signed with a key of this JWKS file
    #[arg(
        long,
        value_name = "FILE",
        env = "WINGBEAT_AUTH_JWKS",
        requires_all = ["auth_issuer", "auth_audience"]
    )]
    pub(crate) auth_jwks: Option<PathBuf>,
    /// The issuer that JSON Web Tokens have to name (iss)
    #[arg(long, value_name = "TEXT", env = "WINGBEAT_AUTH_ISSUER", requires = "auth_jwks")]
    pub(crate) auth_issuer: Option<String>,
    /// The audience that JSON Web Tokens have to name (aud)
    #[arg(long, value_name = "TEXT", env = "WINGBEAT_AUTH_AUDIENCE", requires = "auth_jwks")]
    pub(crate) auth_audience: Option<String>,
    /// The claim of a JSON Web Token that is the caller's name
    #[arg(long, value_name = "CLAIM", default_value = "sub", env = "WINGBEAT_AUTH_NAME_CLAIM")]
    pub(crate) auth_name_claim: String,
    /// The claim of a JSON Web Token that holds the caller's roles
    #[arg(long, value_name = "CLAIM", default_value = "roles", env = "WINGBEAT_AUTH_ROLE_CLAIM")]
    pub(crate) auth_role_claim: String,
    /// Who may list, read, write and drop what: a TOML file of rules. Without it whoever is let in
    /// may do everything
    #[arg(long, value_name = "FILE", env = "WINGBEAT_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Keep sessions, in the memory of the process
    #[arg(long, env = "WINGBEAT_SESSIONS")]
    pub(crate) sessions: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PasswdArgs {
    /// The name of the user
    pub(crate) name: String,
    /// Roles of the user, for the policy
    #[arg(long, value_delimiter = ',', value_name = "ROLE,ROLE")]
    pub(crate) roles: Vec<String>,
}
