//! Reads `FlightData` messages while their bytes arrive.

use std::ops::Range;

use arrow_buffer::Buffer;
use bytes::{Buf, Bytes};

use super::FlightData;
use super::pool::{Body, BodyPool, POOLED_LEN_MIN, SHARED_ALIGNMENT};
use crate::collect::Collector;
use crate::grpc::PrefixReader;
use crate::input::Input;
use crate::message::FlightDescriptor;
use crate::pb::{self, Embedded, VarintReader};
use crate::{DecodeError, Deframe, Limits};

mod head;

use self::head::Head;

/// Field numbers of `FlightData`.
const DESCRIPTOR: u32 = 1;
const DATA_HEADER: u32 = 2;
const APP_METADATA: u32 = 3;
const DATA_BODY: u32 = 1000;

/// Splits a byte stream into [`FlightData`] messages.
///
/// The fields are read as they come, in any order, over any split of the stream into pieces. A body
/// that lies aligned within one piece, and is most of it, is not copied at all; any other is copied
/// once, from the pieces straight into aligned memory of a [`BodyPool`]. Everything else in a
/// message is small and copied, so that it keeps no piece alive; but for `data_header`, which is
/// dropped as soon as it is decoded.
#[derive(Debug)]
pub struct FlightDataDeframer {
    limits: Limits,
    pool: BodyPool,
    input: Input,
    prefix: PrefixReader,
    message: Option<Partial>,
    failed: Option<DecodeError>,
}

/// A message under way.
#[derive(Debug)]
struct Partial {
    len: usize,
    /// Bytes of the message that are still to come.
    left: usize,
    state: State,
    descriptor: Embedded,
    data_header: Bytes,
    app_metadata: Option<Bytes>,
    body: Option<Buffer>,
}

/// What the next byte is part of.
#[derive(Debug)]
enum State {
    Tag(VarintReader),
    /// An unknown field that is a varint.
    Varint(VarintReader),
    /// The length of a field.
    Length(u32, VarintReader),
    /// Bytes of an unknown field, so many.
    Skip(usize),
    /// The value of a field other than the body.
    Field(u32, Collector<Vec<u8>>),
    Body(Collector<Body>),
}

impl FlightDataDeframer {
    /// A deframer at the start of a stream, with bodies from `pool`.
    pub fn new(limits: &Limits, pool: BodyPool) -> Self {
        Self {
            limits: limits.clone(),
            pool,
            input: Input::default(),
            prefix: PrefixReader::default(),
            message: None,
            failed: None,
        }
    }

    fn advance(&mut self) -> Result<Option<FlightData>, DecodeError> {
        loop {
            if let Some(complete) = self.message.take_if(|message| message.left == 0) {
                return complete.finish().map(Some);
            }
            if let Some(message) = &mut self.message {
                if self.input.current().is_none() {
                    return Ok(None);
                }
                message.step(&mut self.input, &self.limits, &self.pool)?;
            } else {
                let Some(piece) = self.input.current() else { return Ok(None) };
                let Some(len) = self.prefix.read(piece, &self.limits)? else { continue };
                let head = Head::read(piece, len);
                let message = self.message.insert(Partial::new(len));
                if let Some(head) = head {
                    message.take_head(&head, &mut self.input, &self.limits, &self.pool);
                }
            }
        }
    }
}

impl Deframe for FlightDataDeframer {
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
            // What was collected is of no use any more.
            self.message = None;
            self.input = Input::default();
            self.failed = Some(error.clone());
        })
    }

    fn finish(&self) -> Result<(), DecodeError> {
        match (&self.failed, &self.message) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(message)) => {
                let have = message.len - message.left;
                Err(DecodeError::truncated("FlightData", message.len, have))
            }
            (None, None) => self.prefix.finish(),
        }
    }
}

impl Partial {
    fn new(len: usize) -> Self {
        Self {
            len,
            left: len,
            state: State::default(),
            descriptor: Embedded::default(),
            data_header: Bytes::new(),
            app_metadata: None,
            body: None,
        }
    }

    /// Takes a head that lies whole in the current piece, and as much of the body as is there.
    #[expect(clippy::disallowed_methods, reason = "no part of the body; the piece is not kept")]
    fn take_head(&mut self, head: &Head, input: &mut Input, limits: &Limits, pool: &BodyPool) {
        let bytes = input.borrow(head.len);
        self.left -= head.len;
        let part = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        if let Some(range) = &head.descriptor {
            self.descriptor.push_bytes(Bytes::copy_from_slice(part(range)));
        }
        if let Some(range) = &head.app_metadata {
            self.app_metadata = Some(Bytes::copy_from_slice(part(range)));
        }
        if let Some(range) = &head.data_header {
            self.data_header = bytes.slice(range.clone());
        }
        if let Some(len) = head.body_len {
            self.state = self.take_body(len, input, limits, pool);
        }
    }

    /// Takes what is there of a body of `len` bytes, without a copy where it can be.
    fn take_body(
        &mut self,
        len: usize,
        input: &mut Input,
        limits: &Limits,
        pool: &BodyPool,
    ) -> State {
        // A second body replaces the first, whose memory the pool may as well have now.
        self.body = None;
        if let Some(shared) = input.share_aligned(len, SHARED_ALIGNMENT) {
            self.left -= len;
            self.body = Some(pool.adopt(shared));
            return State::default();
        }
        if len < POOLED_LEN_MIN && len <= input.remaining() {
            self.left -= len;
            self.body = Some(pool.copy(&input.borrow(len)));
            return State::default();
        }
        let value = Collector::new(pool.clone(), len, limits.claim_bytes_max);
        self.fill_body(value, &mut Bytes::new())
    }

    /// Reads one element, or as much of it as the current piece has.
    fn step(
        &mut self,
        input: &mut Input,
        limits: &Limits,
        pool: &BodyPool,
    ) -> Result<(), DecodeError> {
        let Some(piece) = input.current() else { return Ok(()) };
        self.state = match std::mem::take(&mut self.state) {
            State::Tag(mut varint) => match self.read_varint(&mut varint, piece)? {
                Some(tag) => self.after_tag(tag)?,
                None => State::Tag(varint),
            },
            State::Varint(mut varint) => match self.read_varint(&mut varint, piece)? {
                Some(_) => State::default(),
                None => State::Varint(varint),
            },
            State::Length(number, mut varint) => match self.read_varint(&mut varint, piece)? {
                Some(len) => self.after_length(number, len, input, limits, pool)?,
                None => State::Length(number, varint),
            },
            State::Skip(missing) => {
                let skipped = missing.min(piece.len());
                piece.advance(skipped);
                self.left -= skipped;
                skip(missing - skipped)
            }
            State::Field(number, value) => self.fill_field(number, value, piece),
            State::Body(value) => self.fill_body(value, piece),
        };
        Ok(())
    }

    /// Takes bytes of a varint off the front of `piece`, no more than the message has.
    fn read_varint(
        &mut self,
        varint: &mut VarintReader,
        piece: &mut Bytes,
    ) -> Result<Option<u64>, DecodeError> {
        while self.left > 0 && !piece.is_empty() {
            self.left -= 1;
            if let Some(value) = varint.push(piece.get_u8())? {
                return Ok(Some(value));
            }
        }
        if self.left == 0 { Err(self.ends_early(1)) } else { Ok(None) }
    }

    fn after_tag(&self, tag: u64) -> Result<State, DecodeError> {
        let (number, wire_type) = pb::split_tag(tag)?;
        let known = matches!(number, DESCRIPTOR..=APP_METADATA | DATA_BODY);
        if known && wire_type != pb::LEN {
            let why = format!("field {number} has wire type {wire_type}, expected 2 (bytes)");
            return Err(DecodeError::invalid("FlightData", why));
        }
        let (need, next) = match wire_type {
            pb::LEN => (1, State::Length(number, VarintReader::default())),
            pb::VARINT => (1, State::Varint(VarintReader::default())),
            pb::FIXED64 => (8, State::Skip(8)),
            _ => (4, State::Skip(4)),
        };
        if need > self.left { Err(self.ends_early(need)) } else { Ok(next) }
    }

    fn after_length(
        &mut self,
        number: u32,
        len: u64,
        input: &mut Input,
        limits: &Limits,
        pool: &BodyPool,
    ) -> Result<State, DecodeError> {
        let Some(len) = usize::try_from(len).ok().filter(|&len| len <= self.left) else {
            let field = field_name(number);
            return Err(DecodeError::Truncated { field, need: len, have: self.left as u64 });
        };
        Ok(match number {
            DATA_BODY => self.take_body(len, input, limits, pool),
            DATA_HEADER if len <= input.remaining() => {
                self.left -= len;
                self.data_header = input.borrow(len);
                State::default()
            }
            DESCRIPTOR..=APP_METADATA => {
                let value = Collector::new((), len, limits.claim_bytes_max);
                self.fill_field(number, value, &mut Bytes::new())
            }
            _ => skip(len),
        })
    }

    fn fill_field(
        &mut self,
        number: u32,
        mut value: Collector<Vec<u8>>,
        piece: &mut Bytes,
    ) -> State {
        self.left -= value.take_from(piece);
        if !value.is_complete() {
            return State::Field(number, value);
        }
        let value = Bytes::from(value.finish());
        match number {
            DESCRIPTOR => self.descriptor.push_bytes(value),
            DATA_HEADER => self.data_header = value,
            _ => self.app_metadata = Some(value),
        }
        State::default()
    }

    fn fill_body(&mut self, mut value: Collector<Body>, piece: &mut Bytes) -> State {
        self.left -= value.take_from(piece);
        if !value.is_complete() {
            return State::Body(value);
        }
        self.body = Some(value.finish().freeze());
        State::default()
    }

    /// The error of an element that goes beyond the end of the message.
    fn ends_early(&self, missing: usize) -> DecodeError {
        let have = self.len - self.left;
        DecodeError::truncated("FlightData", have + missing, self.len)
    }

    fn finish(self) -> Result<FlightData, DecodeError> {
        Ok(FlightData {
            flight_descriptor: self.descriptor.read::<FlightDescriptor>()?,
            data_header: self.data_header,
            app_metadata: self.app_metadata,
            data_body: self.body,
        })
    }
}

impl Default for State {
    fn default() -> Self {
        Self::Tag(VarintReader::default())
    }
}

fn skip(left: usize) -> State {
    if left == 0 { State::default() } else { State::Skip(left) }
}

fn field_name(number: u32) -> &'static str {
    match number {
        DESCRIPTOR => "FlightData.flight_descriptor",
        DATA_HEADER => "FlightData.data_header",
        APP_METADATA => "FlightData.app_metadata",
        DATA_BODY => "FlightData.data_body",
        _ => "an unknown field of FlightData",
    }
}

#[cfg(test)]
mod tests;
