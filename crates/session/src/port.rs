//! Things asked of the outside, as futures.
//!
//! A port registers its effect when it is made, and is ready once the answer is there. Dropping it before that
//! withdraws the effect.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::world::World;
use crate::{Answer, Effect, PortId};

/// A port whose answer somebody waits for.
pub(crate) struct Waiting {
    /// The answer, once it is there.
    pub answer: Option<Answer>,
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
            let Some(answer) = state.waiting.get_mut(&self.id).and_then(|waiting| waiting.answer.take())
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
            .with(|state| state.waiting.remove(&port).map(|waiting| (waiting.withdraw, waiting.answer)));
        match withdraw {
            Some((Withdraw::Abandon, None)) => self.world.push(Effect::Abandon { port }),
            Some((Withdraw::Unlock, _)) => self.world.push(Effect::Unlock { port }),
            _ => {}
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
