//! Splits the payload of DATA frames into gRPC messages, for all messages but `FlightData`.

use bytes::Bytes;

use super::PrefixReader;
use crate::collect::Collector;
use crate::input::Input;
use crate::{DecodeError, Deframe, Limits};

/// Splits a byte stream into the bytes of its messages.
#[derive(Debug)]
pub struct MessageDeframer {
    limits: Limits,
    input: Input,
    prefix: PrefixReader,
    message: Option<Collector<Vec<u8>>>,
    failed: Option<DecodeError>,
}

impl MessageDeframer {
    /// A deframer at the start of a stream.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            input: Input::default(),
            prefix: PrefixReader::default(),
            message: None,
            failed: None,
        }
    }

    fn advance(&mut self) -> Result<Option<Bytes>, DecodeError> {
        loop {
            if let Some(complete) = self.message.take_if(|message| message.is_complete()) {
                return Ok(Some(complete.finish().into()));
            }
            let Some(piece) = self.input.current() else { return Ok(None) };
            if let Some(message) = &mut self.message {
                message.take_from(piece);
            } else if let Some(len) = self.prefix.read(piece, &self.limits)? {
                if let Some(message) = self.input.share(len) {
                    return Ok(Some(message));
                }
                self.message = Some(Collector::new((), len, self.limits.claim_bytes_max));
            }
        }
    }
}

impl Deframe for MessageDeframer {
    type Message = Bytes;

    fn push(&mut self, data: Bytes) {
        self.input.push(data);
    }

    fn poll(&mut self) -> Result<Option<Bytes>, DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.advance().inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn finish(&self) -> Result<(), DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match &self.message {
            Some(message) => message.cut_short("gRPC message"),
            None => self.prefix.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Segments;
    use crate::grpc::frame;

    fn deframe(pieces: impl IntoIterator<Item = Bytes>) -> Result<Vec<Bytes>, DecodeError> {
        let mut deframer = MessageDeframer::new(&Limits::default());
        let mut messages = Vec::new();
        for piece in pieces {
            deframer.push(piece);
            while let Some(message) = deframer.poll()? {
                messages.push(message);
            }
        }
        deframer.finish().map(|()| messages)
    }

    fn stream(messages: &[Bytes]) -> Bytes {
        let mut all = Segments::new();
        messages.iter().for_each(|message| all.append(frame(message.clone())));
        all.to_bytes()
    }

    #[test]
    fn any_split_gives_the_same_messages() {
        let messages = ["", "a", "", "bcd", "0123456789"].map(Bytes::from);
        let stream = stream(&messages);
        for size in 1..=stream.len() {
            let pieces = stream.chunks(size).map(Bytes::copy_from_slice);
            assert_eq!(deframe(pieces).unwrap(), messages);
        }
    }

    #[test]
    fn long_messages_share_memory_and_short_ones_do_not() {
        let messages = [100_000, 1000].map(|len| Bytes::from(vec![7; len]));
        let stream = stream(&messages);
        let received = deframe([stream.clone()]).unwrap();
        assert_eq!(received, messages);
        let within = |message: &Bytes| stream.as_ptr_range().contains(&message.as_ptr());
        assert_eq!((within(&received[0]), within(&received[1])), (true, false));
    }

    #[test]
    fn a_stream_that_ends_inside_a_message() {
        let stream = stream(&[Bytes::from("abc")]);
        for end in 1..stream.len() {
            let error = deframe([stream.slice(..end)]).unwrap_err();
            assert!(matches!(error, DecodeError::Truncated { .. }), "{error}");
        }
        let error = deframe([stream.slice(..6)]).unwrap_err().to_string();
        assert_eq!(error, "gRPC message is cut short: needs 3 bytes, has 1");
    }

    #[test]
    fn errors_stay() {
        let mut deframer = MessageDeframer::new(&Limits::default());
        deframer.push(Bytes::from_static(b"\x01\0\0\0\0"));
        let error = deframer.poll().unwrap_err();
        deframer.push(stream(&[Bytes::from("abc")]));
        assert_eq!((deframer.poll(), deframer.finish()), (Err(error.clone()), Err(error)));
    }
}
