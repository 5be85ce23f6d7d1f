//! Files of lines `NAME:SECRET` or `NAME:SECRET:ROLE,ROLE`.

use wingbeat::PeerIdentity;

/// A line of such a file.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(crate) identity: PeerIdentity,
    pub(crate) secret: &'a str,
}

/// The lines, at least one, without those that are empty or begin with `#`. A file whose last line
/// has no end is refused: whoever writes it is in the middle of it. Errors name the line and
/// nothing of its secret.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Line<'_>>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("its last line has no end of line, as if it were still written".to_owned());
    }
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let (line, number) = (line.trim(), at + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.split(':');
        let (name, secret) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let roles = fields.next().unwrap_or_default();
        if name.is_empty() || secret.is_empty() || fields.next().is_some() {
            return Err(format!("line {number} is not NAME:SECRET or NAME:SECRET:ROLE,ROLE"));
        }
        let roles = roles.split(',').map(str::trim).filter(|role| !role.is_empty());
        let identity = PeerIdentity::new(name).with_roles(roles);
        lines.push(Line { number, identity, secret });
    }
    if lines.is_empty() {
        return Err("it has no entry".to_owned());
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_names_secrets_and_roles() {
        let lines = parse(b"# who\n\nada:x\n bob:y=: a, b ,\n").unwrap();
        let found: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.identity.as_str(), line.secret, line.identity.roles()))
            .collect();
        let roles = ["a".to_owned(), "b".to_owned()];
        assert_eq!(found, [(3, "ada", "x", &[][..]), (4, "bob", "y=", &roles)]);
        for (text, line) in [("a", 1), ("\na:", 2), (":x", 1), ("a:x:r:s", 1)] {
            let error = parse(format!("{text}\n").as_bytes()).unwrap_err();
            assert!(error.starts_with(&format!("line {line} is not")), "{error}");
        }
        assert!(parse(b"a:\xff\n").is_err());
    }

    #[test]
    fn a_file_that_is_empty_or_half_written_is_none() {
        for text in ["", "\n", "# nobody yet\n\n"] {
            assert_eq!(parse(text.as_bytes()).unwrap_err(), "it has no entry", "{text:?}");
        }
        for text in ["a:x", "a:x\nb:y", "a:x\n#"] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains("no end of line"), "{text:?}: {error}");
        }
    }
}
