//! Where a CSV text stands: within quotes or not, and in which line they were opened.

use std::path::Path;

use crate::error::StoreError;

/// Follows a text piece by piece.
///
/// The reader takes the end of a text for the end of its last value, quoted or not; a text that
/// was cut off within quotes would give all that follows them as one value.
#[derive(Debug)]
pub(crate) struct Quotes {
    delimiter: u8,
    /// The line that is read, counted from 1.
    line: u64,
    /// The byte before what comes next.
    last: u8,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Not within quotes.
    Outside,
    /// Within quotes that stand in this line.
    Inside { opened: u64 },
    /// Behind a quote that ends the value, unless another one follows at once.
    Closed { opened: u64 },
}

impl Quotes {
    /// Before the first byte of a text.
    pub(crate) fn new(delimiter: u8) -> Self {
        Self { delimiter, line: 1, last: b'\n', place: Place::Outside }
    }

    /// Takes the next bytes of the text.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|&byte| byte == b'"');
        self.pass(pieces.next().unwrap_or_default());
        for piece in pieces {
            self.quote();
            self.pass(piece);
        }
    }

    /// Fails when the text ends here and quotes are open.
    pub(crate) fn end(&self, name: &Path) -> Result<(), StoreError> {
        match self.place {
            Place::Inside { opened } => {
                let reason = format!("it ends within the quotes that line {opened} opens");
                Err(StoreError::corrupt(name, reason))
            }
            Place::Outside | Place::Closed { .. } => Ok(()),
        }
    }

    /// Passes over bytes without a quote.
    fn pass(&mut self, bytes: &[u8]) {
        let Some(&last) = bytes.last() else { return };
        self.line += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.last = last;
        if matches!(self.place, Place::Closed { .. }) {
            self.place = Place::Outside;
        }
    }

    fn quote(&mut self) {
        let begins = matches!(self.last, b'\n' | b'\r') || self.last == self.delimiter;
        self.place = match self.place {
            Place::Inside { opened } => Place::Closed { opened },
            Place::Closed { opened } => Place::Inside { opened },
            Place::Outside if begins => Place::Inside { opened: self.line },
            // Within a value that does not begin with one, a quote is like any other byte.
            Place::Outside => Place::Outside,
        };
        self.last = b'"';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line whose quotes are open at the end, with the text cut into two at every place.
    fn opened(text: &str) -> Option<u64> {
        let ends: Vec<_> = (0..=text.len())
            .map(|at| {
                let mut quotes = Quotes::new(b',');
                quotes.see(&text.as_bytes()[..at]);
                quotes.see(&text.as_bytes()[at..]);
                match quotes.place {
                    Place::Inside { opened } => Some(opened),
                    _ => None,
                }
            })
            .collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{text:?}: {ends:?}");
        ends[0]
    }

    #[test]
    fn open_quotes_are_found_where_they_open() {
        assert_eq!(opened("a,b\n1,\"x\ny"), Some(2));
        assert_eq!(opened("\"a,b\n1,2\n"), Some(1));
        assert_eq!(opened("a\r\n\"x\"\"\n"), Some(2));
        assert_eq!(opened("a\n1\n\"two\nlines\",\"x"), Some(4));
        assert_eq!(opened("a\r\"x"), Some(1));
    }

    #[test]
    fn closed_quotes_and_those_within_values_are_none() {
        for text in
            ["", "a,b\n1,\"x\ny\"", "a\n\"\"\n", "a\n\"x\"\"y\"\n", "a\n5\" pipe\n", "a\nx\"\""]
        {
            assert_eq!(opened(text), None, "{text:?}");
        }
        assert_eq!(opened("a\n\"x\"y\"z\n"), None);
    }
}
