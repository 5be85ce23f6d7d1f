//! Random numbers that a seed repeats.

use arrow_buffer::NullBuffer;

/// A small deterministic generator (splitmix64), so that a failing seed says everything.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `bound`; 0 when it is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound.max(1) as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn nulls(&mut self, len: usize, nullable: bool) -> Option<NullBuffer> {
        match nullable && self.chance(2) {
            true => Some((0..len).map(|_| !self.chance(4)).collect::<Vec<_>>().into()),
            false => None,
        }
    }

    fn word(&mut self) -> String {
        let len = if self.chance(3) { self.below(40) } else { self.below(9) };
        (0..len)
            .map(|_| if self.chance(9) { 'é' } else { (b'a' + self.below(26) as u8) as char })
            .collect()
    }

    pub(crate) fn words(&mut self, len: usize, nullable: bool) -> Vec<Option<String>> {
        let nullable = nullable && self.chance(2);
        (0..len).map(|_| (!nullable || !self.chance(4)).then(|| self.word())).collect()
    }
}
