//! Why something is missing, in words that may be published.

/// The longest reason, in characters.
const CHARS_MAX: usize = 160;

/// Without paths, which tell of the machine and of nothing else, and not too long.
pub(super) fn clean(reason: &str) -> String {
    let words = reason.split_whitespace().map(|word| match word.split_once("://") {
        Some((scheme, _)) => format!("{}://…", scheme.trim_start_matches(['"', '\'', '`'])),
        None => path_free(word),
    });
    let text = words.collect::<Vec<_>>().join(" ");
    if text.chars().count() <= CHARS_MAX {
        return text;
    }
    let mut text: String = text.chars().take(CHARS_MAX - 1).collect();
    text.push('…');
    text
}

/// Keeps the last part of an absolute path.
fn path_free(word: &str) -> String {
    let start = word.find(|c: char| !matches!(c, '"' | '\'' | '`' | '(' | '[' | '='));
    let is_path = start.is_some_and(|start| word[start..].starts_with('/'));
    match word.rsplit_once('/') {
        Some((_, last)) if is_path => last.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn paths_and_addresses_stay_home() {
        assert_eq!(clean("`/home/me/bench/peer` was not found"), "peer` was not found");
        assert_eq!(clean("no grpc+unix:///tmp/x.sock here"), "no grpc+unix://… here");
        assert_eq!(clean("batches/s and\n n/a stay"), "batches/s and n/a stay");
    }

    #[test]
    fn long_reasons_are_cut() {
        let text = clean(&"ä".repeat(500));
        assert_eq!(text.chars().count(), 160);
        assert!(text.ends_with('…'));
    }
}
