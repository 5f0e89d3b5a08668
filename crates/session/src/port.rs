//! Things asked of the outside, as futures.
//!
//! A port stands for an effect from the moment it is made, and is ready once the answer is there. Dropping it before
//! that withdraws the effect.

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::world::World;
use crate::{Answer, Effect, PortId};

/// A port whose answers somebody waits for.
pub(crate) struct Waiting {
    /// The answers that are there.
    pub answers: Vec<Answer>,
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

/// What an answer means to whoever asked.
pub(crate) trait Meaning {
    /// An answer to another kind of question, which a shell of ours never gives, means nothing.
    fn of(answer: Answer) -> Self;
}

impl Meaning for Answer {
    fn of(answer: Answer) -> Self {
        answer
    }
}

impl Meaning for () {
    fn of(_: Answer) {}
}

impl Meaning for Option<String> {
    fn of(answer: Answer) -> Self {
        if let Answer::Loaded(value) = answer { value } else { None }
    }
}

/// Something asked of the outside, whose answer means a `T`.
pub(crate) struct Port<T> {
    asked: Asked,
    meaning: PhantomData<fn() -> T>,
}

impl<T> Port<T> {
    /// For an effect that was registered under this name.
    pub(crate) fn new(world: World, id: PortId) -> Self {
        Self { asked: Asked { world, id }, meaning: PhantomData }
    }

    /// Its name.
    pub(crate) fn id(&self) -> PortId {
        self.asked.id
    }
}

impl<T: Meaning> Future for Port<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        self.asked.answer().map_or(Poll::Pending, |answer| Poll::Ready(T::of(answer)))
    }
}

/// What is the same for every port.
struct Asked {
    world: World,
    id: PortId,
}

impl Asked {
    fn answer(&self) -> Option<Answer> {
        self.world.with(|state| {
            let answer = state.waiting.get_mut(&self.id)?.answers.pop()?;
            state.waiting.remove(&self.id);
            state.changes += 1;
            Some(answer)
        })
    }
}

impl Drop for Asked {
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
                match waiting.map(|waiting| &mut waiting.answers) {
                    Some(answers) if answers.is_empty() => Poll::Pending,
                    Some(answers) => {
                        let answer = answers.remove(0);
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
