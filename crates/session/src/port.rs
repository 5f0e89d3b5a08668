//! Things asked of the outside, as futures.
//!
//! A port registers its effect when it is made, and is ready once the answer is there. Dropping it before that
//! withdraws the effect.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::world::World;
use crate::{Answer, Effect, PortId};

/// A port whose answers somebody waits for.
pub(crate) struct Waiting {
    /// The answers that are there.
    pub answers: VecDeque<Answer>,
    /// Whether there may be more than one.
    pub many: bool,
    /// What to do should nobody want it any more.
    pub withdraw: Withdraw,
}

/// What to do about an effect whose answer is not wanted any more.
#[derive(Clone, Copy)]
pub(crate) enum Withdraw {
    /// It does no harm.
    Nothing,
    /// Stop it.
    Abandon,
    /// Give the lock back, or stop waiting for it.
    Unlock,
}

/// Something asked of the outside.
pub(crate) struct Port {
    world: World,
    id: PortId,
}

impl Port {
    /// For an effect that was registered under this name.
    pub(crate) fn new(world: World, id: PortId) -> Self {
        Self { world, id }
    }

    /// Its name.
    pub(crate) fn id(&self) -> PortId {
        self.id
    }
}

impl Future for Port {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Answer> {
        self.world.with(|state| {
            let Some(answer) =
                state.waiting.get_mut(&self.id).and_then(|waiting| waiting.answers.pop_front())
            else {
                return Poll::Pending;
            };
            state.waiting.remove(&self.id);
            state.changes += 1;
            Poll::Ready(answer)
        })
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let port = self.id;
        let withdraw = self
            .world
            .with(|state| state.waiting.remove(&port).map(|waiting| (waiting.withdraw, waiting.answers)));
        match withdraw {
            Some((Withdraw::Abandon, answers)) if answers.is_empty() => {
                self.world.push(Effect::Abandon { port });
            }
            Some((Withdraw::Unlock, _)) => self.world.push(Effect::Unlock { port }),
            _ => {}
        }
    }
}

/// An answer that comes in pieces. Dropping it ends it.
pub(crate) struct Listening {
    world: World,
    id: PortId,
}

impl Listening {
    /// For an effect that was registered under this name.
    pub(crate) fn new(world: World, id: PortId) -> Self {
        Self { world, id }
    }

    /// The next answer. After an end there is none.
    pub(crate) async fn next(&mut self) -> Answer {
        poll_fn(|_| {
            self.world.with(|state| {
                let waiting = state.waiting.get_mut(&self.id);
                match waiting.map(|waiting| waiting.answers.pop_front()) {
                    Some(None) => Poll::Pending,
                    Some(Some(answer)) => {
                        state.changes += 1;
                        if matches!(answer, Answer::Done | Answer::NoResponse(_)) {
                            state.waiting.remove(&self.id);
                        }
                        Poll::Ready(answer)
                    }
                    None => Poll::Ready(Answer::Done),
                }
            })
        })
        .await
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let port = self.id;
        if self.world.with(|state| state.waiting.remove(&port).is_some()) {
            self.world.push(Effect::Abandon { port });
        }
    }
}

/// A lock that is held.
pub(crate) struct Held {
    world: World,
    port: PortId,
}

impl Held {
    /// For the lock that was taken under this name.
    pub(crate) fn new(world: World, port: PortId) -> Self {
        Self { world, port }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.world.push(Effect::Unlock { port: self.port });
    }
}
