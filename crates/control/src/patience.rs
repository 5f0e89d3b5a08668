//! How long the engine is waited for.
//!
//! Engines give up by themselves within seconds: that is their contract. One that breaks it must not keep the leases of
//! all clusters from being renewed, since a round waits for its engine calls. What is given up counts as lost: it may
//! have happened or not, and the next look makes up for it.

use std::future::{Future, poll_fn};
use std::io::{Error, ErrorKind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use sliderule_engines::EngineError;
use sliderule_provisioning::time::{Moment, Terms};

use crate::Clock;

/// Even where leases are very short, an engine has that long.
const LEAST: Duration = Duration::from_secs(2);

/// What some engine calls may take together.
pub(crate) struct Patience<'a> {
    clock: &'a dyn Clock,
    begun: Moment,
    limit: Duration,
    is_over: AtomicBool,
}

impl<'a> Patience<'a> {
    /// Begins now. A round has a listing, its effects, and the end of orphans: together they must be over well before
    /// a lease that was half used when they began.
    pub(crate) fn new(clock: &'a dyn Clock, terms: Terms) -> Self {
        let limit = (terms.lease / 8).max(LEAST);
        Self { clock, begun: clock.now(), limit, is_over: AtomicBool::new(false) }
    }

    /// Whether it has ended: what is called from now on is not waited for at all.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// What comes of the call, or an error if it takes too long.
    pub(crate) async fn wait<T>(
        &self,
        call: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        if self.is_over() {
            return Err(self.given_up());
        }
        let mut call = pin!(call);
        let left = self.limit.saturating_sub(self.clock.now().since(self.begun));
        let mut end = self.clock.passed(left);
        poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => end.as_mut().poll(context).map(|()| {
                self.is_over.store(true, Ordering::Relaxed);
                Err(self.given_up())
            }),
        })
        .await
    }

    fn given_up(&self) -> EngineError {
        let source =
            Error::new(ErrorKind::TimedOut, format!("no answer within {} ms", self.limit.as_millis()));
        EngineError::Io { what: "waiting for the engine".to_owned(), source }
    }
}
