//! Follows HTTP/2's frames through the bytes of a connection, by their lengths alone.

/// The header of a frame (RFC 9113, 4.1): the length of what follows, its type, six bytes more.
pub(crate) const HEADER_LEN: usize = 9;
/// The payload of a frame to a peer that asks for no longer ones (RFC 9113, 4.2).
pub(crate) const DEFAULT_FRAME_LEN: usize = 16 << 10;
/// What a client sends before its first frame.
const PREFACE_LEN: usize = 24;
/// The type of a GOAWAY frame. It begins with the last stream that was or will be looked at.
const GOAWAY: u8 = 7;
const STREAM_ID_LEN: usize = 4;

/// Where in the stream of frames the last byte was.
#[derive(Debug, Clone)]
pub(crate) struct FrameFollower {
    /// The first bytes of a header that is not there as a whole.
    header: [u8; HEADER_LEN],
    header_len: usize,
    /// How many bytes are missing to the end of what is known to come.
    missing: usize,
    /// The first bytes of a GOAWAY that is under way.
    goaway: Option<([u8; STREAM_ID_LEN], usize)>,
    /// What the last GOAWAY said.
    last_stream_id: Option<u32>,
}

impl FrameFollower {
    /// Of what a server sends.
    pub(crate) fn frames() -> Self {
        let header = [0; HEADER_LEN];
        Self { header, header_len: 0, missing: 0, goaway: None, last_stream_id: None }
    }

    /// Of what a client sends.
    pub(crate) fn preface_and_frames() -> Self {
        Self { missing: PREFACE_LEN, ..Self::frames() }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        loop {
            let skipped = self.missing.min(bytes.len());
            self.missing -= skipped;
            self.read_goaway(bytes.get(..skipped).unwrap_or_default());
            bytes = bytes.get(skipped..).unwrap_or_default();
            if bytes.is_empty() {
                return;
            }
            let room = self.header.get_mut(self.header_len..).unwrap_or_default();
            let taken = room.len().min(bytes.len());
            for (slot, byte) in room.iter_mut().zip(bytes) {
                *slot = *byte;
            }
            self.header_len += taken;
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.header_len == HEADER_LEN {
                let [a, b, c, kind, ..] = self.header;
                self.missing = u32::from_be_bytes([0, a, b, c]) as usize;
                self.header_len = 0;
                self.goaway = (kind == GOAWAY).then_some(([0; STREAM_ID_LEN], 0));
            }
        }
    }

    /// Looks at what lies within a frame.
    fn read_goaway(&mut self, payload: &[u8]) {
        let Some((id, len)) = &mut self.goaway else { return };
        let room = id.get_mut(*len..).unwrap_or_default();
        for (slot, byte) in room.iter_mut().zip(payload) {
            *slot = *byte;
            *len += 1;
        }
        if *len == STREAM_ID_LEN {
            // The first bit means nothing.
            self.last_stream_id = Some(u32::from_be_bytes(*id) & (u32::MAX >> 1));
            self.goaway = None;
        }
    }

    /// The last stream that the sender has looked at or will, once it has said so (GOAWAY). Those
    /// with higher numbers it has not seen and will not.
    pub(crate) fn last_stream_id(&self) -> Option<u32> {
        self.last_stream_id
    }

    /// How many bytes have to come, at least, until no frame is under way; 0 between frames.
    pub(crate) fn missing(&self) -> usize {
        match self.header_len {
            0 => self.missing,
            len => HEADER_LEN - len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_frames_through_pieces_of_any_size() {
        let frame = |len: usize| {
            let mut frame = vec![0, (len >> 8) as u8, len as u8, 0, 0, 0, 0, 0, 1];
            frame.resize(9 + len, 7);
            frame
        };
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let stream = [preface, frame(0), frame(5), frame(1000)].concat();
        let ends = [0, 24, 33, 47, stream.len()];
        for size in 1..=stream.len() {
            let mut follower = FrameFollower::preface_and_frames();
            let mut at = 0;
            for piece in stream.chunks(size) {
                follower.push(piece);
                at += piece.len();
                let is_between = follower.missing() == 0;
                assert_eq!(is_between, ends.contains(&at), "pieces of {size}, at {at}");
            }
        }
    }

    #[test]
    fn knows_which_streams_were_looked_at() {
        let goaway = |id: u32| {
            let mut frame = vec![0, 0, 12, GOAWAY, 0, 0, 0, 0, 0];
            frame.extend(id.to_be_bytes());
            frame.extend(b"\0\0\0\0why!");
            frame
        };
        let other = vec![0, 0, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        let stream = [other.clone(), goaway(u32::MAX), other, goaway(5)].concat();
        for size in 1..=stream.len() {
            let mut follower = FrameFollower::frames();
            let mut seen = Vec::new();
            for piece in stream.chunks(size) {
                follower.push(piece);
                seen.extend(follower.last_stream_id());
            }
            seen.dedup();
            let last = seen.pop();
            assert_eq!(last, Some(5), "pieces of {size}");
            assert!(seen.iter().all(|&id| id == u32::MAX >> 1), "pieces of {size}: {seen:?}");
        }
    }

    #[test]
    fn knows_what_is_missing() {
        let mut follower = FrameFollower::frames();
        assert_eq!(follower.missing(), 0);
        follower.push(&[1, 0, 2]);
        assert_eq!(follower.missing(), 6);
        follower.push(&[0; 7]);
        assert_eq!(follower.missing(), 65_537);
    }
}
