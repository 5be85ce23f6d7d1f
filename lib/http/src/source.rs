//! [`Source`]: an answer's body as a schema and chunks.

use arrow_schema::SchemaRef;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::{Body as _, Incoming};
use tokio_util::task::AbortOnDropHandle;
use wingbeat::{BodyPool, DecodeError, Error, FlightStreamChunk, Limits, Origin, Result};
use wingbeat_wire::Deframe as _;
use wingbeat_wire::data::{Decoded, FlightData, FlightDataDecoder, IpcStreamDeframer};

use crate::answer::is_framed;
use crate::pace::Pace;
use crate::target::Target;

/// The body of an answer under way. Dropping it closes the connection.
pub(crate) struct Source {
    target: Target,
    body: Incoming,
    _connection: AbortOnDropHandle<()>,
    deframer: IpcStreamDeframer,
    decoder: Option<Box<FlightDataDecoder>>,
    pace: Pace,
    is_framed: bool,
    bytes: u64,
    bytes_max: u64,
}

impl Source {
    pub(crate) fn new(
        target: Target,
        answer: Response<Incoming>,
        connection: AbortOnDropHandle<()>,
        limits: &Limits,
        pool: BodyPool,
        pace: Pace,
    ) -> Self {
        let content_len = answer.body().size_hint().exact();
        Self {
            target,
            is_framed: is_framed(answer.headers(), content_len),
            body: answer.into_body(),
            _connection: connection,
            deframer: IpcStreamDeframer::new(limits, pool),
            decoder: Some(Box::new(FlightDataDecoder::new(limits))),
            pace,
            bytes: 0,
            bytes_max: u64::MAX,
        }
    }

    /// Takes no more than so many bytes.
    ///
    /// # Errors
    /// When the answer says that it has more.
    pub(crate) fn up_to(mut self, bytes_max: u64) -> Result<Self> {
        self.bytes_max = bytes_max;
        match self.body.size_hint().lower() > bytes_max {
            true => Err(self.too_long()),
            false => Ok(self),
        }
    }

    /// The schema, which stands first.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub(crate) async fn schema(&mut self) -> Result<SchemaRef> {
        match self.decoded().await? {
            Some(Decoded::Schema(schema)) => Ok(schema),
            Some(Decoded::Chunk(_)) => Err(self.wrong("a batch comes before the schema")),
            None => Err(self.wrong("the answer is empty")),
        }
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub(crate) async fn next(&mut self) -> Result<Option<FlightStreamChunk>> {
        loop {
            match self.decoded().await? {
                Some(Decoded::Chunk(chunk)) => return Ok(Some(chunk)),
                Some(Decoded::Schema(_)) => {}
                None => return Ok(None),
            }
        }
    }

    async fn decoded(&mut self) -> Result<Option<Decoded>> {
        loop {
            match self.deframer.poll().map_err(|error| self.undecodable(&error))? {
                Some(message) => {
                    if let Some(decoded) = self.decode(message).await? {
                        return Ok(Some(decoded));
                    }
                }
                None if self.deframer.is_over() => return Ok(None),
                None => match self.piece().await? {
                    Some(piece) => self.deframer.push(piece),
                    None => return self.end().map(|()| None),
                },
            }
        }
    }

    /// Decodes a message, one that is compressed off the I/O threads.
    async fn decode(&mut self, message: FlightData) -> Result<Option<Decoded>> {
        let Some(mut decoder) = self.decoder.take() else {
            return Err(Error::internal("the decoder of a stream is gone"));
        };
        let is_compressed = message.is_compressed();
        let push = move || {
            let result = decoder.push(message);
            (decoder, result)
        };
        let (decoder, result) = match is_compressed {
            true => tokio::task::spawn_blocking(push).await?,
            false => push(),
        };
        self.decoder = Some(decoder);
        result.map_err(|error| self.undecodable(&error))
    }

    /// The next bytes of the body; `None` at its end.
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        loop {
            let frame = match self.pace.wait(self.body.frame()).await {
                Ok(frame) => frame,
                Err(slow) => return Err(slow.into_error(&self.target.name)),
            };
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| {
                let why = format!("the answer was cut off after {} bytes: {error}", self.bytes);
                self.target.unavailable(why)
            })?;
            let Ok(piece) = frame.into_data() else { continue };
            let len = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.pace.note(len);
            self.bytes = self.bytes.saturating_add(len);
            if self.bytes > self.bytes_max {
                return Err(self.too_long());
            }
            return Ok(Some(piece));
        }
    }

    /// The end of the body before the stream has said that it is over. That is allowed between two
    /// messages, where HTTP vouches for the end.
    fn end(&self) -> Result<()> {
        self.deframer.finish().map_err(|error| self.undecodable(&error))?;
        match self.is_framed {
            true => Ok(()),
            false => Err(self.wrong("the answer ends without the end of the stream")),
        }
    }

    fn undecodable(&self, error: &DecodeError) -> Error {
        match error {
            error if error.is_limit() => {
                let text = format!("cannot read from {}: {error}", self.target.name);
                Error::resource_exhausted(text).with_origin(Origin::Peer)
            }
            error => self.wrong(error),
        }
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Error {
        let text = format!("{} is no whole Arrow IPC stream: {what}", self.target.name);
        Error::internal(text).with_origin(Origin::Peer)
    }

    fn too_long(&self) -> Error {
        let text = format!("{} has more than {} bytes", self.target.name, self.bytes_max);
        Error::resource_exhausted(text).with_origin(Origin::Local)
    }
}
