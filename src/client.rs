//! The exported `Client`: one session and its loop.
//!
//! Inputs queue up and are fed one by one; effects are carried out between two steps. A host method may call back
//! into the client: what it brings waits in the queue, so no borrow is ever taken twice.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Date, Math, Promise, Reflect};
use sliderule_session::{
    Answer, Call, CallId, Effect, Failure, Few, Input, Outcome, PortId, Request, Session, Settings,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

use crate::host::Host;
use crate::pieces::Pieces;
use crate::send::send;
use crate::timers::Timers;

/// One session. Every method returns at once; what comes of it reaches the host.
#[wasm_bindgen]
pub struct Client(Rc<Shell>);

struct Shell {
    session: RefCell<Session>,
    host: Host,
    queue: RefCell<VecDeque<Input>>,
    feeding: Cell<bool>,
    next_call: Cell<u32>,
    timers: Timers,
    fetches: RefCell<Few<PortId, AbortController>>,
    unread: RefCell<Few<PortId, (web_sys::Response, AbortController)>>,
}

#[wasm_bindgen]
impl Client {
    /// A session that has not sent anything yet. `settings` is JSON; throws a failure as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str, host: Host) -> Result<Client, JsValue> {
        let settings = Settings::from_json(settings).map_err(thrown)?;
        let session = Session::new(settings).map_err(thrown)?;
        Ok(Client(Rc::new(Shell {
            session: RefCell::new(session),
            host,
            queue: RefCell::default(),
            feeding: Cell::default(),
            next_call: Cell::new(1),
            timers: Timers::default(),
            fetches: RefCell::default(),
            unread: RefCell::default(),
        })))
    }

    /// Names the next call, so that the host knows it before anything is heard of it.
    #[wasm_bindgen(js_name = nextCall)]
    pub fn next_call(&self) -> u32 {
        self.0.next_call.replace(self.0.next_call.get().wrapping_add(1))
    }

    /// Begins a call. `call` is JSON; throws a failure as JSON.
    pub fn start(&self, id: u32, call: &str) -> Result<(), JsValue> {
        let call = Call::from_json(call).map_err(thrown)?;
        self.0.feed(Input::Call { id: CallId(id), call });
        Ok(())
    }

    /// Drops a call and all that it has under way. Nothing more is heard of it.
    pub fn cancel(&self, id: u32) {
        self.0.feed(Input::Cancel(CallId(id)));
    }

    /// Hands in what another tab or worker said.
    pub fn heard(&self, message: String) {
        self.0.feed(Input::Heard(message));
    }

    /// Ends every call, and refuses new ones.
    pub fn dispose(&self) {
        self.0.feed(Input::Dispose);
    }
}

impl Shell {
    fn feed(self: &Rc<Self>, input: Input) {
        self.queue.borrow_mut().push_back(input);
        if self.feeding.replace(true) {
            return;
        }
        loop {
            let Some(input) = self.queue.borrow_mut().pop_front() else { break };
            let effects = self.session.borrow_mut().step(input, now(), random());
            for effect in effects {
                self.carry_out(effect);
            }
        }
        self.feeding.set(false);
    }

    /// What the host throws is its own affair: a caller's callback must not stop a session.
    fn carry_out(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Fetch { port, request } => self.fetch(port, request),
            Effect::Listen { port, request } => self.listen(port, request),
            Effect::Sleep { port, milliseconds, idly } => {
                let shell = Rc::clone(self);
                let factor = if idly && is_hidden() { PATIENCE_OF_HIDDEN_TABS } else { 1 };
                let sleep = self.timers.sleep(port, milliseconds.saturating_mul(factor));
                spawn_local(async move {
                    if sleep.await {
                        shell.feed(Input::Answered { port, answer: Answer::Done });
                    }
                });
            }
            Effect::Abandon { port } => self.abandon(port),
            Effect::Load { port, key } => {
                self.when(port, self.host.load(&key), |value| Answer::Loaded(value.as_string()))
            }
            Effect::Save { port, key, value } => {
                self.when(port, self.host.save(&key, &value.0), |_| Answer::Done)
            }
            Effect::Forget { port, key } => self.when(port, self.host.forget(&key), |_| Answer::Done),
            Effect::Lock { port, name } => self.when(port, self.host.lock(&name, port.0), |_| Answer::Done),
            Effect::Unlock { port } => drop(self.host.unlock(port.0)),
            Effect::Ask { port, message } => self.when(port, self.host.ask(&message), |_| Answer::Done),
            Effect::Broadcast { message } => drop(self.host.broadcast(&message.0)),
            Effect::Emit { call, event } => drop(self.host.emit(call.map(|call| call.0), &event.to_json())),
            Effect::Done { call, result: Ok(outcome) } => {
                let response = match outcome {
                    Outcome::Opened(ref opened) => self.unread.borrow_mut().remove(&opened.port),
                    _ => None,
                };
                let response = response.map_or(JsValue::UNDEFINED, |(response, _)| response.into());
                drop(self.host.succeeded(call.0, &outcome.to_json(), response));
            }
            Effect::Done { call, result: Err(failure) } => drop(self.host.failed(call.0, &failure.to_json())),
        }
    }

    /// What ends the request of that port early; without it no request is made, and the port is answered.
    fn controller(&self, port: PortId) -> Option<AbortController> {
        if let Ok(controller) = AbortController::new() {
            self.fetches.borrow_mut().insert(port, controller.clone());
            return Some(controller);
        }
        let answer = Answer::NoResponse("this environment has no AbortController".into());
        self.queue.borrow_mut().push_back(Input::Answered { port, answer });
        None
    }

    fn fetch(self: &Rc<Self>, port: PortId, request: Request) {
        let Some(controller) = self.controller(port) else { return };
        let shell = Rc::clone(self);
        spawn_local(async move {
            let sent = send(request, &controller).await;
            if shell.fetches.borrow_mut().remove(&port).is_none() {
                return;
            }
            if let Some(response) = sent.unread {
                shell.unread.borrow_mut().insert(port, (response, controller));
            }
            shell.feed(Input::Answered { port, answer: sent.answer });
        });
    }

    fn listen(self: &Rc<Self>, port: PortId, request: Request) {
        let Some(controller) = self.controller(port) else { return };
        let shell = Rc::clone(self);
        spawn_local(async move {
            let tell = |answer| {
                let wanted = shell.fetches.borrow().contains(&port);
                if wanted {
                    shell.feed(Input::Answered { port, answer });
                }
                wanted
            };
            let sent = send(request, &controller).await;
            tell(sent.answer);
            if let Some(response) = sent.unread {
                let mut pieces = Pieces::of(&response);
                while let Some(piece) = pieces.next().await {
                    if !tell(Answer::Piece(piece)) {
                        break;
                    }
                }
            }
            tell(Answer::Done);
            shell.fetches.borrow_mut().remove(&port);
        });
    }

    fn abandon(&self, port: PortId) {
        self.timers.abandon(port);
        let fetch = self.fetches.borrow_mut().remove(&port);
        let unread = self.unread.borrow_mut().remove(&port).map(|(_, controller)| controller);
        if let Some(controller) = fetch.or(unread) {
            controller.abort();
        }
    }

    /// Answers a port once the host's promise settles; a host that fails has nothing and keeps nothing.
    fn when(self: &Rc<Self>, port: PortId, promise: Result<Promise, JsValue>, answer: fn(JsValue) -> Answer) {
        let shell = Rc::clone(self);
        spawn_local(async move {
            let value = match promise {
                Ok(promise) => JsFuture::from(promise).await.unwrap_or(JsValue::NULL),
                Err(_) => JsValue::NULL,
            };
            shell.feed(Input::Answered { port, answer: answer(value) });
        });
    }
}

/// How much longer idle pauses are where nobody looks.
const PATIENCE_OF_HIDDEN_TABS: u32 = 3;

/// Whether this is a page that nobody sees.
fn is_hidden() -> bool {
    let part = |value: &JsValue, name: &str| Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let document = part(&js_sys::global(), "document");
    document.is_object() && part(&document, "hidden").is_truthy()
}

/// Milliseconds since 1970.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, which is all it need do"
)]
fn now() -> u64 {
    Date::now() as u64
}

/// 64 bits, of which a `Math.random` gives 32 at a time.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 2^32")]
fn random() -> u64 {
    let half = || (Math::random() * 4_294_967_296.0) as u64;
    (half() << 32) | half()
}

/// A failure as it is thrown.
#[allow(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
fn thrown(failure: Failure) -> JsValue {
    JsValue::from_str(&failure.to_json())
}
