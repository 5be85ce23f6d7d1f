//! `--cookies FILE`: cookies that outlive the command.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wingbeat::{Client, ClientCallInfo, ClientMiddleware, CookieJar, Error, Result};

use crate::exit::{Failure, Outcome};

/// A client with the cookies of a file, which is written anew after each call that changed them.
pub(super) fn keep(client: Client, file: &Path) -> Outcome<Client> {
    let jar = CookieJar::new();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(cannot("read", file, &error)),
    };
    jar.load(&text);
    // A place that cannot be written to is told before anybody is asked.
    write(file, &text).map_err(|error| cannot("write", file, &error))?;
    let (file, kept): (Arc<Path>, _) = (file.into(), jar.clone());
    let client = client.with_middleware(move |_: &ClientCallInfo<'_>| {
        Ok(Keep { file: file.clone(), jar: kept.clone(), before: kept.save() })
    });
    Ok(client.with_cookies(jar))
}

/// Writes the cookies when a call is over.
struct Keep {
    file: Arc<Path>,
    jar: CookieJar,
    before: String,
}

impl ClientMiddleware for Keep {
    fn call_completed(&mut self, _: Result<(), &Error>) {
        let now = self.jar.save();
        if now != self.before
            && let Err(error) = write(&self.file, &now)
        {
            let file = self.file.display();
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
