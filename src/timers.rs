//! Sleeps that can be abandoned.
//!
//! An abandoned sleep must clear its timer at once: a timer left behind keeps a Node process alive.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};

use gloo_timers::future::TimeoutFuture;
use sliderule_session::{Few, PortId};

/// The sleeps under way, with whom to wake when one is abandoned.
#[derive(Default)]
pub(crate) struct Timers(RefCell<Few<PortId, Waker>>);

impl Timers {
    /// Sleeps; false if the sleep was abandoned.
    pub(crate) async fn sleep(&self, port: PortId, milliseconds: u32) -> bool {
        let mut timeout = pin!(TimeoutFuture::new(milliseconds));
        let mut begun = false;
        poll_fn(|context| {
            let known = self.0.borrow().contains(&port);
            if begun && !known {
                return Poll::Ready(false);
            }
            begun = true;
            self.0.borrow_mut().insert(port, context.waker().clone());
            timeout.as_mut().poll(context).map(|()| self.0.borrow_mut().remove(&port).is_some())
        })
        .await
    }

    /// Ends a sleep early, if there is one of that name.
    pub(crate) fn abandon(&self, port: PortId) {
        let waker = self.0.borrow_mut().remove(&port);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
