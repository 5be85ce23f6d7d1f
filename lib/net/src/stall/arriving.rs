//! Ends a body whose peer stops within a message.
//!
//! Between messages a peer may rest for as long as it likes: an exchange may be quiet for hours. A
//! message that has begun holds memory for what has come of it, and nobody can use it before its
//! end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::Code;

use super::messages::MessageFollower;
use super::pace::Pace;
use crate::body::BoxError;
use crate::status::Status;

/// A reader that comes back this long after the budget's end was away, and nobody saw whether the
/// peer could have sent.
const AWAY: Duration = Duration::from_secs(1);

/// The messages that a peer sends. Fails with DEADLINE_EXCEEDED once a message has begun and its
/// bytes come too slowly; only time in which the reader waits is counted.
pub(crate) struct Arriving<B> {
    /// `None` once it failed, which ends the call and frees what it held.
    inner: Option<B>,
    /// What errors call the peer.
    peer: &'static str,
    timeout: Duration,
    messages: MessageFollower,
    /// The budget of the present message, from when it was first waited for.
    pace: Option<Pace>,
    /// Kept for the next wait, and moved only once it has fired.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<B> Arriving<B> {
    pub(crate) fn new(inner: B, peer: &'static str, timeout: Duration) -> Self {
        let messages = MessageFollower::default();
        Self { inner: Some(inner), peer, timeout, messages, pace: None, alarm: None }
    }

    fn came(&mut self, data: &Segments) {
        let mut ended = false;
        for piece in data.iter() {
            ended |= self.messages.push(piece);
        }
        if ended || !self.messages.is_inside() {
            self.pace = None;
        } else if let Some(pace) = &mut self.pace {
            let now = Instant::now();
            if pace.is_over(now) {
                self.pace = None;
            } else {
                pace.pay(data.len() as u64, now);
            }
        }
    }

    /// Ready when the present message is too slow.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        if !self.messages.is_inside() {
            return Poll::Pending;
        }
        loop {
            let now = Instant::now();
            let pace = self.pace.get_or_insert_with(|| Pace::full(self.timeout, now));
            let Some(due) = pace.due() else { return Poll::Pending };
            if now.saturating_duration_since(due) > AWAY {
                self.pace = None;
            } else if pace.is_over(now) {
                return Poll::Ready(self.status());
            } else {
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(due)));
                if alarm.as_mut().poll(cx).is_pending() && alarm.deadline() <= due {
                    return Poll::Pending;
                }
                // It fired for an earlier due, or is set to one that was then moved up.
                alarm.as_mut().reset(due);
            }
        }
    }

    fn status(&self) -> Status {
        let Self { peer, timeout, .. } = self;
        let come = self.messages.describe();
        let text =
            format!("the {peer} stopped within a message, no progress for {timeout:?}: {come}");
        Status::new(Code::DeadlineExceeded, text)
    }
}

impl<B> http_body::Body for Arriving<B>
where
    B: http_body::Body + Unpin,
    B::Data: Into<Segments>,
    B::Error: Into<BoxError>,
{
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        let this = self.get_mut();
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if let Poll::Ready(polled) = Pin::new(inner).poll_frame(cx) {
            let polled = polled.map(|frame| match frame {
                Ok(frame) => Ok(frame.map_data(Into::into)),
                Err(error) => Err(error.into()),
            });
            if let Some(data) = polled.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                this.came(data);
            }
            return Poll::Ready(polled);
        }
        this.poll_late(cx).map(|status| {
            tracing::warn!(%status, "call ended");
            this.inner = None;
            Some(Err(status.into()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}
