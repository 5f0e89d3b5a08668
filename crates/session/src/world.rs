//! The ports through which flows reach the outside, and the state they share.
//!
//! No borrow of the state outlives a method of [`World`], so no two can meet.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use sliderule_api::{ErrorCode, OrganizationName, ReleaseVersion, RequestId};

use crate::account::{Account, Tokens};
use crate::address::Target;
use crate::effect::{Level, Secret};
use crate::few::Few;
use crate::port::{Kind, Port};
use crate::{Answer, CallId, Effect, Event, Failure, PortId, Request, Settings};

/// Timers of browsers fire at once where they are set for longer than this.
pub(crate) const LONGEST_SLEEP_MS: u32 = 0x7fff_ffff;

/// Clocks that differ by no more than this agree.
const CLOSE_ENOUGH_MS: u64 = 2_000;

/// A flow: one call, or a refresh or an order that outlives the call that began it.
pub(crate) type Flow = Pin<Box<dyn Future<Output = ()>>>;

/// A handle on the session's state; clones are the same state.
#[derive(Clone)]
pub(crate) struct World(Rc<RefCell<State>>);

/// What all flows of a session share.
pub(crate) struct State {
    /// How the session was set up.
    pub settings: Settings,
    /// The release spoken.
    pub spoken: ReleaseVersion,
    /// The organization that calls begin with; those under way keep the one they began with.
    pub target: Rc<Target>,
    /// Tokens by organization: a token is only ever looked up by the organization it was issued for.
    pub accounts: Few<OrganizationName, Account>,
    /// The tokens that another session told of last, and where it keeps them; for whoever asked.
    pub told: Option<(String, Rc<Tokens>)>,
    /// The cluster's release by address, once checked.
    pub checked: Few<String, ReleaseVersion>,
    /// Requests for nodes that this session made and has not released.
    pub orders: Vec<(OrganizationName, RequestId)>,
    /// Requests for nodes that are not answered yet.
    pub ordering: u32,
    now: u64,
    /// How much later it is at the server than here, in milliseconds, or less than nothing modulo 2^64 where it is earlier.
    skew: u64,
    seed: u64,
    next_port: u32,
    /// What was asked of the outside and may be answered yet, with the answers that nobody has heard yet.
    pub waiting: Few<PortId, Vec<Answer>>,
    effects: Vec<Effect>,
    spawned: Vec<(Option<CallId>, Flow)>,
    /// How often something happened that may let a flow go on.
    pub changes: u64,
}

impl World {
    pub(crate) fn new(mut settings: Settings, spoken: ReleaseVersion, target: Target) -> Self {
        let orders = std::mem::take(&mut settings.requests);
        Self(Rc::new(RefCell::new(State {
            settings,
            spoken,
            target: Rc::new(target),
            accounts: Few::default(),
            told: None,
            checked: Few::default(),
            orders,
            ordering: 0,
            now: 0,
            skew: 0,
            seed: 0,
            next_port: 0,
            waiting: Few::default(),
            effects: Vec::new(),
            spawned: Vec::new(),
            changes: 0,
        })))
    }

    /// Reads or changes the shared state. The closure must not call back into the world.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.borrow_mut())
    }

    /// The organization that a call beginning now is about.
    pub(crate) fn target(&self) -> Rc<Target> {
        self.with(|state| Rc::clone(&state.target))
    }

    /// Milliseconds since 1970 by the clock here, which may be wrong and may jump.
    pub(crate) fn now(&self) -> u64 {
        self.with(|state| state.now)
    }

    /// Milliseconds since 1970 by the server's clock, as far as its answers have told it.
    pub(crate) fn server_now(&self) -> u64 {
        self.with(|state| state.now.wrapping_add(state.skew))
    }

    /// Takes up what time it is at the server. `Date` counts whole seconds, and an answer takes its time to arrive:
    /// what differs by less than that says nothing.
    pub(crate) fn dated(&self, date: u64) {
        self.with(|state| {
            let half_a_second = 500;
            let skew = date.wrapping_add(half_a_second).wrapping_sub(state.now);
            if skew.wrapping_sub(state.skew).cast_signed().unsigned_abs() > CLOSE_ENOUGH_MS {
                state.skew = skew;
            }
        });
    }

    /// The next of a sequence that the shell's random numbers determine (splitmix64).
    pub(crate) fn random(&self) -> u64 {
        self.with(|state| {
            state.seed = state.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state.seed;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        })
    }

    /// A random number below another, which is not 0.
    pub(crate) fn random_below(&self, limit: u32) -> u32 {
        u32::try_from(self.random() % u64::from(limit)).unwrap_or(0)
    }

    /// Sends a request; the answer, or why there is none.
    pub(crate) fn fetch(&self, request: Request) -> Port {
        self.ask(Kind::Task, |port| Effect::Fetch { port, request })
    }

    /// Sends a request whose answer is heard as it comes.
    pub(crate) fn listen(&self, request: Request) -> Port {
        self.ask(Kind::Stream, |port| Effect::Listen { port, request })
    }

    /// Waits.
    pub(crate) fn sleep(&self, milliseconds: u32) -> Port {
        let milliseconds = milliseconds.min(LONGEST_SLEEP_MS);
        self.ask(Kind::Task, |port| Effect::Sleep { port, milliseconds, idly: false })
    }

    /// Waits, longer where nobody looks.
    pub(crate) fn sleep_idly(&self, milliseconds: u32) -> Port {
        self.ask(Kind::Task, |port| Effect::Sleep { port, milliseconds, idly: true })
    }

    /// Reads from the token store.
    pub(crate) async fn load(&self, key: String) -> Option<String> {
        let answer = self.ask(Kind::Question, |port| Effect::Load { port, key }).await;
        if let Answer::Loaded(value) = answer { value } else { None }
    }

    /// Writes to the token store.
    pub(crate) fn save(&self, key: String, value: String) -> Port {
        self.ask(Kind::Question, |port| Effect::Save { port, key, value: Secret(value) })
    }

    /// Removes from the token store.
    pub(crate) fn forget(&self, key: String) -> Port {
        self.ask(Kind::Question, |port| Effect::Forget { port, key })
    }

    /// Takes a lock, held until the result is dropped.
    pub(crate) async fn lock(&self, name: String) -> Port {
        let mut lock = self.ask(Kind::Lock, |port| Effect::Lock { port, name });
        (&mut lock).await;
        lock
    }

    /// Asks the other sessions over the same store, and gives them time to answer: until the shared state satisfies
    /// something, or their time is up.
    pub(crate) async fn ask_siblings(&self, message: String, satisfied: impl Fn(&State) -> bool) {
        let mut time = self.ask(Kind::Question, |port| Effect::Ask { port, message });
        poll_fn(|context| {
            if self.with(|state| satisfied(state)) {
                return Poll::Ready(());
            }
            Pin::new(&mut time).poll(context).map(|_| ())
        })
        .await;
    }

    /// Tells the other sessions over the same store.
    pub(crate) fn broadcast(&self, message: String) {
        self.push(Effect::Broadcast { message: Secret(message) });
    }

    /// Tells the caller.
    pub(crate) fn emit(&self, call: Option<CallId>, event: Event) {
        self.push(Effect::Emit { call, event });
    }

    /// Tells the shell which requests for nodes are the session's.
    pub(crate) fn tell_orders(&self) {
        self.emit(None, Event::Requests { requests: self.with(|state| state.orders.clone()) });
    }

    /// Tells whoever keeps a log.
    pub(crate) fn log(&self, level: Level, message: impl Into<String>) {
        self.emit(None, Event::Log { level, message: message.into() });
    }

    /// Warns the caller.
    pub(crate) fn warn(&self, code: ErrorCode, message: impl Into<String>) {
        self.emit(None, Event::Warning { code, message: message.into() });
    }

    /// Adds an effect that nobody answers.
    pub(crate) fn push(&self, effect: Effect) {
        self.with(|state| {
            state.changes += 1;
            state.effects.push(effect);
        });
    }

    /// Runs a flow that belongs to no call.
    pub(crate) fn spawn(&self, flow: Flow) {
        self.with(|state| {
            state.changes += 1;
            state.spawned.push((None, flow));
        });
    }

    /// Runs a future to its end, even if whoever waits for it here is dropped before.
    pub(crate) async fn to_the_end<T: 'static>(&self, future: Pin<Box<dyn Future<Output = T>>>) -> T {
        let result = Rc::new(RefCell::new(None));
        let (slot, world) = (Rc::clone(&result), self.clone());
        self.spawn(Box::pin(async move {
            let value = future.await;
            *slot.borrow_mut() = Some(value);
            world.changed();
        }));
        poll_fn(|_| result.borrow_mut().take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Waits until the shared state satisfies something.
    pub(crate) async fn until(&self, satisfied: impl Fn(&State) -> bool) {
        poll_fn(|_| if self.with(|state| satisfied(state)) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Lets the future run for at most this long.
    pub(crate) async fn within<T>(&self, milliseconds: u32, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let mut timer = self.sleep(milliseconds);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Pin::new(&mut timer).poll(context).map(|_| None),
        })
        .await
    }

    /// Lets a step begin: time moves, and the randomness of the step is stirred in.
    pub(crate) fn begin(&self, now: u64, random: u64) {
        self.with(|state| {
            state.now = now;
            state.seed ^= random;
        });
    }

    /// Hands an answer to whoever waits for it.
    pub(crate) fn answer(&self, port: PortId, answer: Answer) {
        self.with(|state| {
            if let Some(answers) = state.waiting.get_mut(&port) {
                answers.push(answer);
            }
        });
    }

    /// How often something happened that may let a flow go on.
    pub(crate) fn changes(&self) -> u64 {
        self.with(|state| state.changes)
    }

    /// Notes that something happened that may let a flow go on.
    pub(crate) fn changed(&self) {
        self.with(|state| state.changes += 1);
    }

    /// The flows begun since last asked, which are no call's.
    pub(crate) fn take_spawned(&self) -> Vec<(Option<CallId>, Flow)> {
        self.with(|state| std::mem::take(&mut state.spawned))
    }

    /// The effects since last asked.
    pub(crate) fn take_effects(&self) -> Vec<Effect> {
        self.with(|state| std::mem::take(&mut state.effects))
    }

    fn ask(&self, kind: Kind, effect: impl FnOnce(PortId) -> Effect) -> Port {
        let id = self.register();
        self.push(effect(id));
        Port::new(self.clone(), id, kind)
    }

    fn register(&self) -> PortId {
        self.with(|state| {
            let id = PortId(state.next_port);
            state.next_port = state.next_port.wrapping_add(1);
            state.waiting.insert(id, Vec::new());
            id
        })
    }
}

/// The failure of an answer that makes no sense, which a shell of ours never gives.
pub(crate) fn confused() -> Failure {
    Failure::new(
        ErrorCode::InternalError,
        "the client got an answer to a question it had not asked; please report this",
    )
}
