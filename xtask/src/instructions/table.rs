//! The counts that are kept in the repository, and what has become of them.

use std::fmt;

use crate::run::Failure;

/// By how much a count may change, in hundredths.
const TOLERANCE: u64 = 5;

/// Counts, and what they were made with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The tools on which the counts depend.
    pub(super) environment: String,
    pub(super) rows: Vec<Row>,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) case: String,
    /// For the work done once.
    pub(super) instructions: u64,
}

/// What became of a case; `None` where it is missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    case: String,
    before: Option<u64>,
    now: Option<u64>,
}

/// What is to be said of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Within the tolerance.
    Same,
    /// It should be kept.
    Less,
    /// It must not be.
    More,
    /// It is a case that the table does not have.
    Unknown,
    /// It is in the table, and no case any more.
    Gone,
}

const HEAD: &str = "\
# Instructions that each case of wingbeat-micro executes when its work is done once.
# `cargo xtask instructions` compares with it, `cargo xtask instructions --bless` writes it.
# Made with: ";

impl Table {
    /// Reads what [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// When a line is neither a comment nor a case and its count.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut table = Self::default();
        for (index, line) in text.lines().enumerate() {
            if let Some(comment) = line.strip_prefix('#') {
                if let Some(environment) = comment.strip_prefix(" Made with: ") {
                    table.environment = environment.to_owned();
                }
                continue;
            }
            let row = line.split_once('\t').and_then(|(case, instructions)| {
                Some(Row { case: case.to_owned(), instructions: instructions.parse().ok()? })
            });
            let wrong = || format!("line {}: expected a case, a tab and a count", index + 1);
            table.rows.push(row.ok_or_else(wrong)?);
        }
        Ok(table)
    }

    /// What became of each case: those of `now` in their order, then those that are gone.
    pub(super) fn compare(&self, now: &[Row]) -> Vec<Change> {
        let find = |rows: &[Row], case: &str| {
            rows.iter().find(|row| row.case == case).map(|row| row.instructions)
        };
        let change = |row: &Row| Change {
            case: row.case.clone(),
            before: find(&self.rows, &row.case),
            now: find(now, &row.case),
        };
        let gone = self.rows.iter().filter(|row| find(now, &row.case).is_none());
        now.iter().chain(gone).map(change).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}{}", self.environment)?;
        for Row { case, instructions } in &self.rows {
            writeln!(f, "{case}\t{instructions}")?;
        }
        Ok(())
    }
}

impl Change {
    pub(super) fn verdict(&self) -> Verdict {
        match (self.before, self.now) {
            (Some(before), Some(now)) if now * 100 > before * (100 + TOLERANCE) => Verdict::More,
            (Some(before), Some(now)) if now * 100 < before * (100 - TOLERANCE) => Verdict::Less,
            (Some(_), Some(_)) => Verdict::Same,
            (None, _) => Verdict::Unknown,
            (_, None) => Verdict::Gone,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number =
            |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let (before, now) = (number(self.before), number(self.now));
        write!(f, "{:24} {before:>10} -> {now:>10}", self.case)?;
        if let (Some(before), Some(now)) = (self.before, self.now) {
            let percent = (now as f64 / before.max(1) as f64 - 1.0) * 100.0;
            write!(f, " {percent:+7.1} %")?;
        }
        match self.verdict() {
            Verdict::Same => Ok(()),
            Verdict::Less => f.write_str("  less"),
            Verdict::More => f.write_str("  MORE"),
            Verdict::Unknown => f.write_str("  NEW"),
            Verdict::Gone => f.write_str("  GONE"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(case: &str, instructions: u64) -> Row {
        Row { case: case.to_owned(), instructions }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let rows = vec![row("encode/tiny", 8_623), row("decode/tiny", 6_221)];
        let table = Table { environment: "rustc 1.95.0, glibc 2.36".to_owned(), rows };
        assert_eq!(Table::parse(&table.to_string()), Ok(table));
        let error = Table::parse("# x\nencode/tiny 17\n").unwrap_err();
        assert_eq!(error, "line 2: expected a case, a tab and a count");
    }

    #[test]
    fn five_in_a_hundred_are_tolerated() {
        let names = ["a", "b", "c", "d", "e"];
        let before =
            Table { rows: names.iter().map(|name| row(name, 1_000)).collect(), ..Table::default() };
        let now = [row("f", 1), row("a", 1_050), row("b", 1_051), row("c", 950), row("d", 949)];
        let changes = before.compare(&now);
        let verdicts: Vec<_> = changes.iter().map(Change::verdict).collect();
        let (same, less, more) = (Verdict::Same, Verdict::Less, Verdict::More);
        assert_eq!(verdicts, [Verdict::Unknown, same, more, same, less, Verdict::Gone]);
        let more = changes[2].to_string();
        assert_eq!(
            more.split_whitespace().collect::<Vec<_>>().join(" "),
            "b 1000 -> 1051 +5.1 % MORE"
        );
    }
}
