//! Reads the messages of an Arrow IPC stream while their bytes arrive, as they lie in files and
//! behind `http://` locations.

use arrow_buffer::Buffer;
use bytes::Bytes;

use super::FlightData;
use super::pool::{Body, BodyPool};
use crate::collect::Collector;
use crate::flat::Table;
use crate::input::Input;
use crate::{DecodeError, Deframe, Limits};

/// What stands before the length of a message since Arrow 0.15.
const CONTINUATION: u32 = u32::MAX;

/// Splits an Arrow IPC stream into messages for a [`FlightDataDecoder`](super::FlightDataDecoder):
/// the same flatbuffers and bodies as in `FlightData`, between lengths of their own. Header and
/// body together are held against [`Limits::message_bytes_max`].
///
/// Format: <https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format>.
#[derive(Debug)]
pub struct IpcStreamDeframer {
    limits: Limits,
    pool: BodyPool,
    input: Input,
    state: State,
    failed: Option<DecodeError>,
}

/// What the next byte is part of.
#[derive(Debug)]
enum State {
    /// The length of a message's header, or what stands before it.
    Length {
        bytes: [u8; 4],
        have: usize,
        is_continued: bool,
    },
    Header(Collector<Vec<u8>>),
    Body(Bytes, Collector<Body>),
    /// Behind the end of the stream.
    Over,
}

const START: State = State::Length { bytes: [0; 4], have: 0, is_continued: false };

impl IpcStreamDeframer {
    /// A deframer at the start of a stream, with bodies from `pool`.
    pub fn new(limits: &Limits, pool: BodyPool) -> Self {
        let limits = limits.clone();
        Self { limits, pool, input: Input::default(), state: START, failed: None }
    }

    /// Whether the stream has said that it is over. One may also just end, between two messages.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    fn advance(&mut self) -> Result<Option<FlightData>, DecodeError> {
        while let Some(piece) = self.input.current() {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Length { mut bytes, have, is_continued } => {
                    let mut have = have;
                    while let Some(slot) = bytes.get_mut(have)
                        && !piece.is_empty()
                    {
                        *slot = piece.split_to(1).first().copied().unwrap_or_default();
                        have += 1;
                    }
                    self.state = match have {
                        4 => self.after_length(u32::from_le_bytes(bytes), is_continued)?,
                        _ => State::Length { bytes, have, is_continued },
                    };
                }
                State::Header(mut value) => {
                    value.take_from(piece);
                    if !value.is_complete() {
                        self.state = State::Header(value);
                        continue;
                    }
                    let header = Bytes::from(value.finish());
                    let len = self.body_len(&header)?;
                    if len == 0 {
                        self.state = START;
                        return Ok(Some(message(header, None)));
                    }
                    let claim = self.limits.claim_bytes_max;
                    let body = Collector::new(self.pool.clone(), len, claim);
                    self.state = State::Body(header, body);
                }
                State::Body(header, mut value) => {
                    value.take_from(piece);
                    if value.is_complete() {
                        self.state = START;
                        return Ok(Some(message(header, Some(value.finish().freeze()))));
                    }
                    self.state = State::Body(header, value);
                }
                // What comes behind the end is not looked at.
                State::Over => *piece = Bytes::new(),
            }
        }
        Ok(None)
    }

    fn after_length(&self, len: u32, is_continued: bool) -> Result<State, DecodeError> {
        if len == CONTINUATION && !is_continued {
            return Ok(State::Length { bytes: [0; 4], have: 0, is_continued: true });
        }
        if len == 0 {
            return Ok(State::Over);
        }
        let bytes = usize::try_from(len).unwrap_or(usize::MAX);
        let is_long = bytes > self.limits.message_bytes_max;
        // The old form has no mark, so that any text may be taken for one.
        if i32::try_from(len).is_err() || (is_long && !is_continued) {
            let reason = format!("{len} is no length: this is no Arrow IPC stream");
            return Err(DecodeError::invalid("Message", reason));
        }
        if is_long {
            return Err(self.too_long(bytes));
        }
        let len = bytes;
        Ok(State::Header(Collector::new((), len, self.limits.claim_bytes_max)))
    }

    /// The length of the body, as the header tells it.
    fn body_len(&self, header: &[u8]) -> Result<usize, DecodeError> {
        let len = Table::root(header)?.i64(3)?;
        let len = usize::try_from(len).map_err(|_| {
            DecodeError::invalid("Message.bodyLength", format!("{len} is no length"))
        })?;
        let whole = len.saturating_add(header.len());
        if whole > self.limits.message_bytes_max { Err(self.too_long(whole)) } else { Ok(len) }
    }

    fn too_long(&self, len: usize) -> DecodeError {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        DecodeError::limit("Message (length)", len, self.limits.message_bytes_max)
    }
}

impl Deframe for IpcStreamDeframer {
    type Message = FlightData;

    fn push(&mut self, data: Bytes) {
        if self.failed.is_none() {
            self.input.push(data);
        }
    }

    fn poll(&mut self) -> Result<Option<FlightData>, DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.advance().inspect_err(|error| {
            self.input = Input::default();
            self.failed = Some(error.clone());
        })
    }

    fn finish(&self) -> Result<(), DecodeError> {
        match (&self.failed, &self.state) {
            (Some(error), _) => Err(error.clone()),
            (None, State::Length { have: 0, is_continued: false, .. } | State::Over) => Ok(()),
            (None, State::Length { have, .. }) => {
                Err(DecodeError::truncated("Message (length)", 4, *have))
            }
            (None, State::Header(value)) => value.cut_short("Message"),
            (None, State::Body(_, value)) => value.cut_short("Message (body)"),
        }
    }
}

fn message(data_header: Bytes, data_body: Option<Buffer>) -> FlightData {
    FlightData { data_header, data_body, ..FlightData::default() }
}

#[cfg(test)]
mod tests;
