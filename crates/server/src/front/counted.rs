//! A body whose bytes are counted as they pass.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// A body whose bytes are counted as they pass, and which counts as running until it is dropped, if anybody wants to know.
pub(super) struct Counted {
    body: Body,
    bytes: Counter,
    _running: Option<Running>,
}

/// Counts as running until it is dropped.
struct Running(Gauge);

impl Counted {
    /// Counts the bytes of `body`.
    pub(super) fn new(body: Body, bytes: Counter) -> Self {
        Self { body, bytes, _running: None }
    }

    /// Counts it as running, too.
    pub(super) fn running(self, running: Gauge) -> Self {
        running.inc();
        Self { _running: Some(Running(running)), ..self }
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.bytes.inc_by(u64::try_from(length).unwrap_or(u64::MAX));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}
