//! Follows gRPC's messages through the pieces of a body, by their lengths alone.

/// The flag and the length before each message.
const PREFIX_LEN: usize = 5;

/// Where in the stream of messages the last byte was.
#[derive(Debug, Default)]
pub(super) struct MessageFollower {
    prefix: [u8; PREFIX_LEN],
    /// How many bytes of the message have come, prefix included; 0 between messages.
    come: u64,
}

impl MessageFollower {
    /// Takes the next bytes; whether a message ended within them.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> bool {
        let mut ended = false;
        while !bytes.is_empty() {
            let at = usize::try_from(self.come).unwrap_or(usize::MAX);
            let missing = match self.prefix.get_mut(at..) {
                Some(rest) if !rest.is_empty() => {
                    for (slot, byte) in rest.iter_mut().zip(bytes) {
                        *slot = *byte;
                    }
                    PREFIX_LEN as u64 - self.come
                }
                _ => self.len() - self.come,
            };
            let taken = usize::try_from(missing).unwrap_or(usize::MAX).min(bytes.len());
            bytes = bytes.get(taken..).unwrap_or_default();
            self.come += taken as u64;
            if self.come >= PREFIX_LEN as u64 && self.come == self.len() {
                self.come = 0;
                ended = true;
            }
        }
        ended
    }

    /// Whether a message has begun and not ended.
    pub(super) fn is_inside(&self) -> bool {
        self.come > 0
    }

    /// What has come of the present message, for people.
    pub(super) fn describe(&self) -> String {
        match self.come.checked_sub(PREFIX_LEN as u64) {
            Some(come) => format!("{come} of its {} bytes came", self.len() - PREFIX_LEN as u64),
            None => format!("{} of the {PREFIX_LEN} bytes before it came", self.come),
        }
    }

    /// The length of the present message with its prefix, once that is there.
    fn len(&self) -> u64 {
        let [_flag, length @ ..] = self.prefix;
        PREFIX_LEN as u64 + u64::from(u32::from_be_bytes(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_messages_through_pieces_of_any_size() {
        let stream = [&[0, 0, 0, 0, 3][..], b"abc", &[0, 0, 0, 0, 0], &[1, 0, 0, 1, 0], &[7; 256]];
        let stream = stream.concat();
        let ends = [8, 13, 13 + 261];
        for size in 1..=stream.len() {
            let mut follower = MessageFollower::default();
            let mut at = 0;
            for piece in stream.chunks(size) {
                let ended = follower.push(piece);
                let before = at;
                at += piece.len();
                let expected = ends.iter().any(|end| (before + 1..=at).contains(end));
                assert_eq!(ended, expected, "pieces of {size}, at {at}");
                assert_eq!(follower.is_inside(), !ends.contains(&at), "pieces of {size}, at {at}");
            }
        }
    }

    #[test]
    fn tells_how_far_it_came() {
        let mut follower = MessageFollower::default();
        follower.push(&[0, 128, 0]);
        assert_eq!(follower.describe(), "3 of the 5 bytes before it came");
        follower.push(&[0, 0, 1, 2]);
        assert_eq!(follower.describe(), "2 of its 2147483648 bytes came");
        assert!(follower.is_inside());
    }
}
