//! The executor: inputs in, effects out.
//!
//! Each call is one future. After every input all of them are polled until none can go on; with the handful of
//! calls that a client has under way this is cheaper than keeping wakers, and it is deterministic.

use std::task::{Context, Waker};

use sliderule_api::ErrorCode;

use crate::address::Target;
use crate::world::{Flow, World};
use crate::{Call, CallId, Effect, Failure, Input, Outcome, Settings};
use crate::{capacity, console, scaleout, service, siblings, sign_in, start, version};

/// One client's connection to one organization.
pub struct Session {
    world: World,
    /// What is under way, and the call that it is. What is none is not cancelled with the call that began it, nor by
    /// `Dispose`: a refresh, since the server has ended the old token, and an order that may have been placed.
    flows: Vec<(Option<CallId>, Flow)>,
    disposed: bool,
}

impl Session {
    /// A session that has not sent anything yet.
    ///
    /// # Errors
    /// `invalid_argument` where an address, organization or release number cannot be used.
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        let spoken = match &settings.protocol_version {
            None => version::SPOKEN,
            Some(text) => version::spoken(text)?,
        };
        let target = Target::resolve(&settings, settings.organization.as_deref())?;
        let world = World::new(settings, spoken, target);
        Ok(Self { world, flows: Vec::new(), disposed: false })
    }

    /// Takes one input and says what is to be done.
    ///
    /// `now` is in milliseconds since 1970, `random` any number; both may be anything without harm.
    pub fn step(&mut self, input: Input, now: u64, random: u64) -> Vec<Effect> {
        self.world.begin(now, random);
        match input {
            Input::Call { id, call } if self.disposed => {
                drop(call);
                let ended = Failure::invalid("the session was disposed of; make a new one");
                self.world.push(Effect::Done { call: id, result: Err(ended) });
            }
            Input::Call { id, call } => {
                self.flows.push((Some(id), flow(self.world.clone(), id, call)));
            }
            Input::Cancel(id) => drop(self.drop_calls(Some(id))),
            Input::Answered { port, answer } => self.world.answer(port, answer),
            Input::Heard(message) => siblings::heard(&self.world, &message),
            Input::Dispose => self.dispose(),
        }
        self.run();
        self.world.take_effects()
    }

    fn dispose(&mut self) {
        self.disposed = true;
        for call in self.drop_calls(None) {
            let ended = Failure::invalid("the session was disposed of while the call was under way");
            self.world.push(Effect::Done { call, result: Err(ended) });
        }
    }

    /// Drops a call, or every one, and with them what they had under way; which they were.
    fn drop_calls(&mut self, only: Option<CallId>) -> Vec<CallId> {
        let mut dropped = Vec::new();
        self.flows.retain(|(call, _)| match *call {
            Some(call) if only.is_none_or(|only| only == call) => {
                dropped.push(call);
                false
            }
            _ => true,
        });
        dropped
    }

    fn run(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let before = self.world.changes();
            // First what others wait for, and these in the order in which they came.
            let mut flows = self.world.take_spawned();
            flows.append(&mut self.flows);
            self.flows = flows;
            self.flows.retain_mut(|(_, flow)| flow.as_mut().poll(&mut context).is_pending());
            if self.world.changes() == before {
                break;
            }
        }
    }
}

/// The whole life of a call.
fn flow(world: World, id: CallId, mut call: Call) -> Flow {
    let target = world.target();
    Box::pin(async move {
        let (world, target) = (&world, &target);
        let result = match &mut call {
            Call::Init { credentials, order, plugins, timeout_ms } => {
                let started = start::init(world, id, credentials.take(), *order, plugins, *timeout_ms).await;
                started.map(|()| Outcome::Nothing)
            }
            Call::Authenticate { organization, credentials } => {
                sign_in::authenticate(world, organization.as_deref(), credentials.take())
                    .await
                    .map(Outcome::Authentication)
            }
            Call::UpdateAvailableServers { order } => {
                capacity::update(world, target, *order).await.map(Outcome::Capacity)
            }
            Call::Scaleout { order, min_ready, timeout_ms } => {
                scaleout::scaleout(world, target, id, *order, *min_ready, *timeout_ms)
                    .await
                    .map(Outcome::Capacity)
            }
            Call::Service { api, parameters, streams, timeout_ms } => {
                let work = service::call(world, target, api, parameters, *streams);
                world.within(*timeout_ms, work).await.unwrap_or_else(|| {
                    let message =
                        format!("no complete answer within {timeout_ms} ms; allow more with timeoutMs");
                    Err(Failure::new(ErrorCode::TimedOut, message).retryable())
                })
            }
            Call::Definition { record_type, organization } => {
                service::definition(world, record_type, organization.as_deref()).await.map(Outcome::Text)
            }
            Call::CheckVersion { plugins } => {
                let checked = version::check(world, target, plugins).await;
                checked.map(|server| Outcome::Version(version::report(world, server)))
            }
            Call::View(view) => console::view(world, target, *view).await.map(Outcome::Text),
            Call::Extend { request_id, time_to_live } => {
                console::extend(world, target, request_id.take(), *time_to_live).await.map(Outcome::Extended)
            }
            Call::Release { request_id } => {
                console::release(world, target, request_id.take()).await.map(Outcome::Released)
            }
            Call::SignOut {} => {
                sign_in::sign_out(world).await;
                Ok(Outcome::Nothing)
            }
        };
        world.push(Effect::Done { call: id, result });
    })
}
