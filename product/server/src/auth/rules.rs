//! [`Rules`]: the policy file, read.

use serde::Deserialize;
use wingbeat::PeerIdentity;
use wingbeat_store::Format;

/// The rules of a policy file. What no rule allows is refused, so their order means nothing.
///
/// ```toml
/// [[rule]]
/// who = ["user:ada", "role:analysts"]
/// may = ["read", "write"]
/// what = ["sales", "public/weather"]
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    #[serde(rename = "rule", default)]
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    who: Vec<Who>,
    may: Vec<Right>,
    /// Names and folders; `*` is everything.
    what: Vec<Prefix>,
}

/// Whom a rule is about.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum Who {
    /// Whoever is let in.
    Anyone,
    User(String),
    Role(String),
}

/// What a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Right {
    /// See it in listings.
    List,
    /// Read it and ask about it; and see it in listings.
    Read,
    /// Create and replace it.
    Write,
    /// Delete it.
    Drop,
}

/// A dataset, or a folder with everything below it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Prefix(String);

impl Rules {
    /// A file without any rule is refused: it is one that is still written, or a mistake.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let found: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if found.rules.is_empty() {
            return Err("it has no rule".to_owned());
        }
        tracing::info!(rules = found.rules.len(), "policy read");
        Ok(found)
    }

    /// Whether somebody has a right to the dataset of that name, with or without its extension.
    pub(super) fn allow(&self, who: Option<&PeerIdentity>, right: Right, name: &str) -> bool {
        let name = name.trim_end_matches('/');
        self.rules.iter().any(|rule| {
            rule.may.iter().any(|&may| may == right || (may, right) == (Right::Read, Right::List))
                && rule.who.iter().any(|subject| subject.is(who))
                && rule.what.iter().any(|prefix| prefix.covers(name))
        })
    }
}

impl Who {
    fn is(&self, who: Option<&PeerIdentity>) -> bool {
        let Some(identity) = who else { return false };
        match self {
            Self::Anyone => true,
            Self::User(name) => identity.as_str() == name,
            Self::Role(role) => identity.roles().contains(role),
        }
    }
}

impl TryFrom<String> for Who {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("user", name)) if !name.is_empty() => Ok(Self::User(name.to_owned())),
            Some(("role", role)) if !role.is_empty() => Ok(Self::Role(role.to_owned())),
            None if text == "anyone" => Ok(Self::Anyone),
            _ => Err(format!("{text:?} is not user:NAME, role:NAME or anyone")),
        }
    }
}

impl Prefix {
    /// Whether a dataset is it, or lies below it. A name with an extension is the same dataset as
    /// the one without, so a rule for `a` covers `a.csv`; a rule for `a.csv` covers that alone.
    fn covers(&self, name: &str) -> bool {
        let prefix = self.0.as_str();
        let is_below =
            name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        prefix.is_empty() || is_below || without_extension(name) == Some(prefix)
    }
}

/// The name without the extension of its file; `None` when it has none.
fn without_extension(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let (stem, ..) = Format::split_name(file)?;
    name.get(..name.len() - file.len() + stem.len())
}

impl TryFrom<String> for Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bare = text.strip_suffix('/').unwrap_or(&text);
        if text == "*" {
            return Ok(Self(String::new()));
        }
        let is_path = bare.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !is_path || bare.contains(['*', '?', '[', '{']) {
            return Err(format!("{text:?} is not the name of a dataset or folder, nor \"*\""));
        }
        Ok(Self(bare.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
        # Everybody may look at the weather.
        [[rule]]
        who = ["anyone"]
        may = ["read"]
        what = ["public/"]

        [[rule]]
        who = ["user:ada", "role:writers"]
        may = ["read", "write", "drop"]
        what = ["sales", "a/b.csv"]

        [[rule]]
        who = ["role:admins"]
        may = ["list"]
        what = ["*"]
    "#;

    fn allow(name: &str, role: &str, right: Right, what: &str) -> bool {
        let rules = Rules::parse(RULES.as_bytes()).unwrap();
        rules.allow(Some(&PeerIdentity::new(name).with_roles([role])), right, what)
    }

    #[test]
    fn what_rules_allow() {
        for (name, role, right, what) in [
            ("eve", "", Right::Read, "public"),
            ("eve", "", Right::List, "public/a/b"),
            ("eve", "", Right::Read, "public/"),
            ("ada", "", Right::Write, "sales"),
            ("ada", "", Right::Write, "sales.parquet"),
            ("ada", "", Right::Drop, "sales.csv.gz"),
            ("ada", "", Right::Read, "sales/2024.csv"),
            ("eve", "writers", Right::Write, "sales/2024"),
            ("ada", "", Right::Read, "a/b.csv"),
            ("eve", "admins", Right::List, "anything/at/all"),
        ] {
            assert!(allow(name, role, right, what), "{name} {role} {right:?} {what}");
        }
    }

    #[test]
    fn what_no_rule_allows() {
        for (name, role, right, what) in [
            ("eve", "", Right::Write, "public/a"),
            ("eve", "", Right::Read, "publications"),
            ("eve", "", Right::Read, "sales"),
            ("eve", "ada", Right::Read, "sales"),
            ("writers", "", Right::Read, "sales"),
            ("ada", "", Right::Read, "sales2"),
            ("ada", "", Right::Read, "sales.d"),
            ("ada", "", Right::Read, "a/b"),
            ("ada", "", Right::Read, "a/b.parquet"),
            ("ada", "", Right::Read, "a"),
            ("eve", "admins", Right::Read, "anything"),
        ] {
            assert!(!allow(name, role, right, what), "{name} {role} {right:?} {what}");
        }
        let rules = Rules::parse(RULES.as_bytes()).unwrap();
        assert!(!rules.allow(None, Right::Read, "public"), "nobody is not anyone");
        assert!(allow("eve", "admins", Right::List, ""), "all there is");
        assert!(!allow("ada", "writers", Right::List, ""));
    }

    #[test]
    fn what_is_no_policy_says_where() {
        for (text, reason) in [
            ("[[rule]]\nwho = [\"ada\"]\nmay = []\nwhat = []", "is not user:NAME"),
            ("[[rule]]\nwho = [\"user:\"]\nmay = []\nwhat = []", "is not user:NAME"),
            ("[[rule]]\nwho = []\nmay = [\"own\"]\nwhat = []", "unknown variant `own`"),
            ("[[rule]]\nwho = []\nmay = []\nwhat = [\"a/*\"]", "is not the name"),
            ("[[rule]]\nwho = []\nmay = []\nwhat = [\"../a\"]", "is not the name"),
            ("[[rule]]\nwho = []\nmay = []\nwhat = [\"\"]", "is not the name"),
            ("[[rule]]\nwho = []\nmay = []", "missing field `what`"),
            ("[[rules]]", "unknown field `rules`"),
            ("{", "line 1"),
            ("", "it has no rule"),
            ("# not yet\n", "it has no rule"),
        ] {
            let error = Rules::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
