//! The body of a node's answer on its way to the client.
//!
//! Chunks pass as they come. A node that dies or falls silent ends the client's stream with an error,
//! which the server turns into an abnormal end; it never looks like a complete answer. Dropping the
//! stream, because the client hung up, closes the connection to the node.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use crate::members::Claim;

/// Why a stream ended before its end. Only the server's log sees it: HTTP has no words for it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamBroken {
    /// The connection to the node ended early.
    #[error("the node's answer was cut off: {0}")]
    CutOff(Box<dyn std::error::Error + Send + Sync>),
    /// Nothing came for too long.
    #[error("the node sent nothing for {} s in the middle of its answer", .0.as_secs())]
    Silent(Duration),
}

/// A node's answer; the request counts as running until this is dropped.
pub(crate) struct NodeStream<B> {
    body: B,
    claim: Claim,
    silence: Duration,
    /// Runs out when the node has been silent for too long. Means something only while `waiting`: the
    /// time in which a slow client does not ask for more is not the node's.
    limit: Pin<Box<Sleep>>,
    waiting: bool,
}

impl<B> NodeStream<B> {
    /// Passes `body` on, whose node may be silent for `silence`.
    pub(crate) fn new(body: B, claim: Claim, silence: Duration) -> Self {
        Self { body, claim, silence, limit: Box::pin(sleep(silence)), waiting: false }
    }

    /// Whether the node has been silent for too long.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.waiting {
            self.waiting = true;
            self.limit.as_mut().reset(Instant::now() + self.silence);
        }
        self.limit.as_mut().poll(context)
    }
}

impl<B> Body for NodeStream<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = StreamBroken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamBroken>>> {
        let this = &mut *self;
        let broken = match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.waiting = false;
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => StreamBroken::CutOff(error.into()),
            Poll::Pending => {
                ready!(this.poll_silence(context));
                StreamBroken::Silent(this.silence)
            }
        };
        tracing::warn!(node = %this.claim.address, "{broken}");
        Poll::Ready(Some(Err(broken)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::task::Waker;

    use super::*;
    use crate::members::Members;

    /// Has one frame, and then says nothing more.
    struct OneFrame(Option<Bytes>);

    impl Body for OneFrame {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_is_not_blamed_for_the_time_a_slow_client_takes() {
        let members = Arc::new(Members::default());
        let acme = "acme".parse().unwrap();
        let node = "http://127.0.0.1:9".parse().unwrap();
        members.with(&acme, |registry, now| registry.admit(node, now));
        let claim = members.claim(&acme, &[]).unwrap();
        let minute = Duration::from_secs(60);
        let mut stream = Box::pin(NodeStream::new(OneFrame(Some(Bytes::from_static(b"a"))), claim, minute));
        let mut context = Context::from_waker(Waker::noop());

        assert!(matches!(stream.as_mut().poll_frame(&mut context), Poll::Ready(Some(Ok(_)))));
        tokio::time::advance(10 * minute).await;
        assert!(stream.as_mut().poll_frame(&mut context).is_pending(), "the client was slow, not the node");
        tokio::time::advance(minute).await;
        let polled = stream.as_mut().poll_frame(&mut context);
        assert!(matches!(polled, Poll::Ready(Some(Err(StreamBroken::Silent(_))))));
        drop(stream);
        assert_eq!(members.read(&acme, |registry, _| registry.running(node)), 0);
    }
}
