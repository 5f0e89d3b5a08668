//! Sleeps that can be abandoned.
//!
//! An abandoned sleep must clear its timer at once: a timer left behind keeps a Node process alive.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use gloo_timers::future::TimeoutFuture;
use sliderule_session::{Few, PortId};

/// The sleeps under way, with whom to wake when one is abandoned.
#[derive(Default)]
pub(crate) struct Timers(Rc<RefCell<Few<PortId, Waker>>>);

impl Timers {
    /// Sleeps; false if the sleep was abandoned.
    ///
    /// The sleep is known from this call on and not from the first poll: it may be abandoned before that.
    pub(crate) fn sleep(&self, port: PortId, milliseconds: u32) -> impl Future<Output = bool> + use<> {
        let sleeps = Rc::clone(&self.0);
        sleeps.borrow_mut().insert(port, Waker::noop().clone());
        async move {
            let mut timeout = pin!(TimeoutFuture::new(milliseconds));
            poll_fn(|context| {
                match sleeps.borrow_mut().get_mut(&port) {
                    Some(waker) => waker.clone_from(context.waker()),
                    None => return Poll::Ready(false),
                }
                timeout.as_mut().poll(context).map(|()| sleeps.borrow_mut().remove(&port).is_some())
            })
            .await
        }
    }

    /// Ends a sleep early, if there is one of that name.
    pub(crate) fn abandon(&self, port: PortId) {
        let waker = self.0.borrow_mut().remove(&port);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
