//! What tests share: hexadecimal constants, random numbers that repeat, and damage to valid
//! bytes, which must end in a value or an error.

use bytes::Bytes;
use wingbeat_testkit::Random;

/// Bytes by their hexadecimal digits.
pub(crate) fn unhex(hex: &str) -> Bytes {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// How many mutations a test makes of each kind of message: few by default, a million where
/// `WINGBEAT_SLOW` is 1.
pub(crate) fn mutations() -> u64 {
    match std::env::var("WINGBEAT_SLOW") {
        Ok(value) if value == "1" => 1_000_000,
        _ => 5_000,
    }
}

/// Every proper beginning of `bytes`.
pub(crate) fn truncations(bytes: &Bytes) -> impl Iterator<Item = Bytes> {
    (0..bytes.len()).map(|end| bytes.slice(..end))
}

/// A copy of `bytes` with one to four changes; the same for the same seed.
pub(crate) fn mutated(bytes: &Bytes, seed: u64) -> Bytes {
    let mut random = Random::new(seed);
    let mut bytes = bytes.to_vec();
    for _ in 0..random.below(4) + 1 {
        mutate(&mut bytes, &mut random);
    }
    bytes.into()
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len().max(1));
    let Some(byte) = bytes.get_mut(at) else {
        bytes.push(random.next_u64() as u8);
        return;
    };
    match random.below(7) {
        0 => *byte ^= 1 << random.below(8),
        1 => *byte = random.next_u64() as u8,
        2 => *byte = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
        3 => bytes.insert(at, random.next_u64() as u8),
        4 => {
            bytes.remove(at);
        }
        5 => bytes.truncate(at),
        _ => {
            let part = bytes[at..].iter().take(random.below(16)).copied().collect::<Vec<_>>();
            bytes.splice(at..at, part);
        }
    }
}
