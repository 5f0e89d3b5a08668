//! Futures without a runtime: polled once for each step, with a waker that wakes nobody.
//!
//! Everything beneath answers at once. A future that stays pending was held up on purpose, at a point that
//! said why ([`Hold`]): it goes on later, or its process has ended and it is dropped where it stood.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use sliderule_provisioning::time::Moment;

/// Why a future stays pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Its process ended here.
    Crashed,
    /// It goes on then.
    Until(Moment),
}

/// Where a point leaves word why it holds its future up.
#[derive(Clone, Debug, Default)]
pub struct Held(Arc<Mutex<Option<Hold>>>);

impl Held {
    /// Leaves word. Of several an end counts most, and then the earliest.
    pub fn leave(&self, hold: Hold) {
        let mut word = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *word = match (*word, hold) {
            (Some(Hold::Crashed), _) | (_, Hold::Crashed) => Some(Hold::Crashed),
            (Some(Hold::Until(earlier)), Hold::Until(later)) => Some(Hold::Until(earlier.min(later))),
            (None, until) => Some(until),
        };
    }

    /// Takes the word.
    #[must_use]
    pub fn take(&self) -> Option<Hold> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_left(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// A future on the heap.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What came of polling.
pub enum Polled<T> {
    /// It is done.
    Done(T),
    /// It was held up.
    Held(Hold),
    /// It waits for something that is no part of the simulation.
    Lost,
}

/// Who polls.
#[derive(Debug)]
pub enum Poller {
    /// Nobody else is needed: everything answers at once.
    Bare,
    /// Something beneath does I/O, which a runtime drives.
    Runtime(tokio::runtime::Runtime),
}

impl Poller {
    /// Polls until the future is done or held up.
    pub fn poll<T>(&self, future: &mut Boxed<T>, held: &Held) -> Polled<T> {
        let polled = match self {
            Self::Bare => future.as_mut().poll(&mut Context::from_waker(Waker::noop())),
            Self::Runtime(runtime) => {
                runtime.block_on(std::future::poll_fn(|context| match future.as_mut().poll(context) {
                    Poll::Pending if held.is_left() => Poll::Ready(Poll::Pending),
                    Poll::Pending => Poll::Pending,
                    done => Poll::Ready(done),
                }))
            }
        };
        match (polled, held.take()) {
            (Poll::Ready(done), _) => Polled::Done(done),
            (Poll::Pending, Some(hold)) => Polled::Held(hold),
            (Poll::Pending, None) => Polled::Lost,
        }
    }

    /// Drives a future to its end that nothing holds up.
    pub fn finish<T>(&self, mut future: Boxed<T>) -> Option<T> {
        match self.poll(&mut future, &Held::default()) {
            Polled::Done(done) => Some(done),
            Polled::Held(_) | Polled::Lost => None,
        }
    }
}

/// Stays pending once, with that word left.
pub async fn hold(held: &Held, why: Hold) {
    let mut left = false;
    std::future::poll_fn(|_| {
        if left && why != Hold::Crashed {
            return Poll::Ready(());
        }
        left = true;
        held.leave(why);
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::{Held, Hold, Polled, Poller, hold};
    use sliderule_provisioning::time::Moment;

    #[test]
    fn a_held_future_goes_on_where_it_stood_and_a_crashed_one_never_does() {
        let held = Held::default();
        let (mine, until) = (held.clone(), Hold::Until(Moment(5)));
        let mut future: super::Boxed<u8> = Box::pin(async move {
            hold(&mine, until).await;
            hold(&mine, Hold::Crashed).await;
            7
        });
        assert!(matches!(Poller::Bare.poll(&mut future, &held), Polled::Held(why) if why == until));
        assert!(matches!(Poller::Bare.poll(&mut future, &held), Polled::Held(Hold::Crashed)));
        assert!(matches!(Poller::Bare.poll(&mut future, &held), Polled::Held(Hold::Crashed)));
    }

    #[test]
    fn a_future_that_waits_for_nothing_known_is_lost() {
        let mut future: super::Boxed<()> = Box::pin(std::future::pending());
        assert!(matches!(Poller::Bare.poll(&mut future, &Held::default()), Polled::Lost));
    }
}
