//! Things asked of the outside, as futures.
//!
//! A port stands for an effect from the moment it is made, and is ready whenever an answer is there. Dropping it
//! withdraws what is not answered yet.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::world::World;
use crate::{Answer, Effect, PortId};

/// What kind of thing was asked: how often it is answered, and what to do should nobody want it any more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is answered once, and left to itself.
    Question,
    /// It is answered once, and stopped before that.
    Task,
    /// It is answered until it ends, and stopped before that.
    Stream,
    /// It is had once it is answered; then it is given back, and before that it is not waited for any more.
    Lock,
}

/// Something asked of the outside.
pub(crate) struct Port {
    world: World,
    id: PortId,
    kind: Kind,
}

impl Port {
    /// For an effect that was registered under this name.
    pub(crate) fn new(world: World, id: PortId, kind: Kind) -> Self {
        Self { world, id, kind }
    }

    /// Its name.
    pub(crate) fn id(&self) -> PortId {
        self.id
    }

    /// The next answer, unless the other port is answered before.
    pub(crate) async fn before(&mut self, other: &mut Self) -> Option<Answer> {
        poll_fn(|_| match self.answer() {
            Some(answer) => Poll::Ready(Some(answer)),
            None if other.answer().is_some() => Poll::Ready(None),
            None => Poll::Pending,
        })
        .await
    }

    fn answer(&self) -> Option<Answer> {
        self.world.with(|state| {
            let answers = state.waiting.get_mut(&self.id)?;
            if answers.is_empty() {
                return None;
            }
            let answer = answers.remove(0);
            let ends = match self.kind {
                Kind::Question | Kind::Task => true,
                Kind::Stream => matches!(answer, Answer::Done | Answer::NoResponse(_)),
                Kind::Lock => false,
            };
            if ends {
                state.waiting.remove(&self.id);
            }
            state.changes += 1;
            Some(answer)
        })
    }
}

impl Future for Port {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Answer> {
        self.answer().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let port = self.id;
        let Some(answers) = self.world.with(|state| state.waiting.remove(&port)) else { return };
        match self.kind {
            Kind::Task if answers.is_empty() => self.world.push(Effect::Abandon { port }),
            Kind::Stream => self.world.push(Effect::Abandon { port }),
            Kind::Lock => self.world.push(Effect::Unlock { port }),
            Kind::Question | Kind::Task => {}
        }
    }
}
