//! `--cookies FILE`: cookies that outlive the command, for each server its own.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wingbeat::{Address, Client, ClientCallInfo, ClientMiddleware, CookieJar, Error, Result};

use crate::exit::{Failure, Outcome};

/// What a line begins with that names a server, whose cookies stand below it.
const SERVER: &str = "# ";

/// A client with the cookies that a file has for its server. The file is written anew after each
/// call that changed them.
pub(super) fn keep(client: Client, server: &Address, file: &Path) -> Outcome<Client> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(cannot("read", file, &error)),
    };
    let (others, own) = split(&text, &server.to_string());
    let jar = CookieJar::new();
    jar.load(&own);
    // A place that cannot be written to is told before anybody is asked.
    write(file, &text).map_err(|error| cannot("write", file, &error))?;
    let kept = Arc::new(Kept { file: file.into(), server: server.to_string(), others });
    let seen = jar.clone();
    let client = client.with_middleware(move |_: &ClientCallInfo<'_>| {
        Ok(Keep { kept: kept.clone(), jar: seen.clone(), before: seen.save() })
    });
    Ok(client.with_cookies(jar))
}

/// The lines of other servers, and the cookies of this one. What names no server goes to none.
fn split(text: &str, server: &str) -> (String, String) {
    let (mut others, mut own) = (String::new(), String::new());
    let mut owner = None;
    for line in text.lines() {
        let named = line.strip_prefix(SERVER);
        owner = named.or(owner);
        let lines = match owner {
            Some(owner) if owner != server => &mut others,
            Some(_) if named.is_none() => &mut own,
            _ => continue,
        };
        lines.push_str(line);
        lines.push('\n');
    }
    (others, own)
}

/// Where the cookies of a server are kept, and what else stands there.
struct Kept {
    file: PathBuf,
    server: String,
    others: String,
}

impl Kept {
    fn write(&self, cookies: &str) -> io::Result<()> {
        let Self { file, server, others } = self;
        match cookies {
            "" => write(file, others),
            _ => write(file, &format!("{others}{SERVER}{server}\n{cookies}")),
        }
    }
}

/// Writes the cookies when a call is over.
struct Keep {
    kept: Arc<Kept>,
    jar: CookieJar,
    before: String,
}

impl ClientMiddleware for Keep {
    fn call_completed(&mut self, _: Result<(), &Error>) {
        let now = self.jar.save();
        if now != self.before
            && let Err(error) = self.kept.write(&now)
        {
            let file = self.kept.file.display();
            crate::progress::say(&format!("wingbeat: cannot write the cookies to {file}: {error}"));
        }
    }
}

/// Replaces the file as a whole, readable by its owner alone.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.persist(file)?;
    Ok(())
}

fn cannot(what: &str, file: &Path, error: &io::Error) -> Failure {
    Failure::usage(format_args!("cannot {what} the cookies of {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_own() {
        let text = "old=1\n# grpc://a:1\nx=1\ny=2\n# grpc+tls://a:1\nx=3\n";
        let (others, own) = split(text, "grpc://a:1");
        assert_eq!(others, "# grpc+tls://a:1\nx=3\n");
        assert_eq!(own, "x=1\ny=2\n");
        let (others, own) = split(text, "grpc://b:1");
        assert_eq!((others.len(), own.as_str()), (text.len() - "old=1\n".len(), ""));
    }
}
