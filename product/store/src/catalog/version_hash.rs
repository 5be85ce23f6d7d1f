//! The version of several things together.

/// The version of several things together: 128 bits of FNV-1a, in hexadecimal.
#[derive(Clone, Debug)]
pub(crate) struct VersionHash(u128);

impl VersionHash {
    /// Of nothing yet.
    pub(crate) fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// Adds a text; its end counts, so that `ab`, `c` and `a`, `bc` differ.
    pub(crate) fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 =
                (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// The text.
    pub(crate) fn finish(&self) -> String {
        format!("{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_and_its_place_count() {
        let of = |texts: &[&str]| {
            let mut hash = VersionHash::new();
            texts.iter().for_each(|text| hash.add(text));
            hash.finish()
        };
        assert_eq!(of(&[]), "6c62272e07bb014262b821756295c58d");
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
    }
}
