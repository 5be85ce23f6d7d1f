//! How many rows go into one message.

use crate::EncodeError;

/// Messages end at multiples of as many rows of the batch as possible of these: 512 keep every
/// bitmap of the next message on a byte and most on a cache line, 8 still on a byte.
const ROWS: [usize; 3] = [512, 64, 8];

/// Attempts that follow the estimate. After them the interval is halved, which always ends.
const ESTIMATES_MAX: usize = 4;

/// The outcome of encoding a number of rows.
#[derive(Debug)]
pub(super) enum Attempt<T> {
    /// A message, and its size in bytes.
    Done(T, usize),
    /// It would be too large, by this estimate in bytes, and was not made.
    TooLarge(usize),
}

/// A message that holds some of the rows.
#[derive(Debug)]
pub(super) struct Split<T> {
    pub(super) message: T,
    pub(super) rows: usize,
    /// In bytes.
    pub(super) size: usize,
}

/// Finds the number of rows that fill a message.
#[derive(Debug)]
pub(super) struct Splitter {
    /// The size to stay at or below, in bytes.
    max: usize,
    /// Whether an attempt that fits is final even where more would fit: compression is dear.
    first_fit: bool,
    /// Rows and size of the last message.
    last: Option<(usize, usize)>,
}

impl Splitter {
    pub(super) fn new(max: usize, first_fit: bool) -> Self {
        Self { max, first_fit, last: None }
    }

    /// The size to stay at or below, in bytes.
    pub(super) fn max(&self) -> usize {
        self.max
    }

    pub(super) fn set_max(&mut self, max: usize) {
        self.max = max;
        // It was found for another size.
        self.last = None;
    }

    /// Encodes as many of the rows from `start` to `end` as fit, by `encode(rows, must)`; with
    /// `must` set, it may not answer [`Attempt::TooLarge`]. One row that is too large is given
    /// all the same.
    ///
    /// # Errors
    /// Those of `encode`.
    pub(super) fn next<T>(
        &mut self,
        start: usize,
        end: usize,
        mut encode: impl FnMut(usize, bool) -> Result<Attempt<T>, EncodeError>,
    ) -> Result<Option<Split<T>>, EncodeError> {
        let mut best: Option<Split<T>> = None;
        let mut search = Search { start, fits: 0, over: end - start + 1, attempts: 0 };
        let mut rows = match self.last {
            Some((rows, size)) => search.round(self.estimate(rows, size)),
            None => end - start,
        };
        loop {
            let must = rows <= 1;
            let size = match encode(rows, must)? {
                Attempt::Done(message, size) if size <= self.max || must => {
                    search.fits = rows;
                    best = Some(Split { message, rows, size });
                    size
                }
                Attempt::Done(_, size) | Attempt::TooLarge(size) => {
                    search.over = rows;
                    size
                }
            };
            search.attempts += 1;
            let full = self.first_fit || size >= self.max - self.max / 4;
            if search.fits + 1 >= search.over || search.fits == rows && full {
                break;
            }
            let guess = if search.attempts < ESTIMATES_MAX {
                self.estimate(rows, size)
            } else {
                search.fits.midpoint(search.over)
            };
            let next = search.round(guess);
            if next <= search.fits || search.fits > 0 && search.attempts > 2 * ESTIMATES_MAX {
                break;
            }
            rows = next;
        }
        self.last = best.as_ref().map(|best| (best.rows, best.size)).or(self.last);
        Ok(best)
    }

    /// How many rows would fill a message if all were like those of another one; a little less.
    fn estimate(&self, rows: usize, size: usize) -> usize {
        let size = size.max(1);
        let rows = match rows.checked_mul(self.max) {
            Some(product) => product / size,
            // Division of longer numbers takes many times as long.
            None => {
                let rows = rows as u128 * self.max as u128 / size as u128;
                usize::try_from(rows).unwrap_or(usize::MAX)
            }
        };
        rows / 16 * 15
    }
}

/// The state of a search for the number of rows.
struct Search {
    /// The first row.
    start: usize,
    /// The most rows known to fit.
    fits: usize,
    /// The fewest rows known not to fit, or one more than there are.
    over: usize,
    attempts: usize,
}

impl Search {
    /// The number of rows next to `guess` that is inside of the interval and at a good place to
    /// end. All rows that are left are always a good place.
    fn round(&self, guess: usize) -> usize {
        let (least, most) = (self.fits + 1, self.over - 1);
        if guess >= most {
            return most;
        }
        let guess = guess.max(least.min(most));
        let end = self.start + guess;
        let places = ROWS.iter().map(|step| end - end % step);
        let mut places = places.filter(|place| *place >= self.start + least);
        places.next().map_or(guess, |place| place - self.start)
    }
}
