//! The exported `Client`: one session, what happens outside told to it, and what it decides told to the host.
//!
//! Inputs queue up and are fed one by one; effects are handed over between two steps. A host method may call back
//! into the client: what it brings waits in the queue, so no borrow is ever taken twice.

use std::cell::{Cell, RefCell};

use sliderule_session::{
    Answer, Call, CallId, Effect, Failure, Input, Method, Outcome, PortId, Request, Response, Session,
    Settings,
};
use wasm_bindgen::prelude::*;

use crate::host::Host;

/// One session. Every method returns at once; what comes of it reaches the host.
#[wasm_bindgen]
pub struct Client {
    session: RefCell<Session>,
    host: Host,
    queue: RefCell<Vec<Input>>,
    feeding: Cell<bool>,
}

#[wasm_bindgen]
impl Client {
    /// A session that has not sent anything yet. `settings` is JSON; throws a failure as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str, host: Host) -> Result<Client, JsValue> {
        let settings = Settings::from_json(settings).map_err(thrown)?;
        let session = Session::new(settings).map_err(thrown)?;
        Ok(Client {
            session: RefCell::new(session),
            host,
            queue: RefCell::default(),
            feeding: Cell::default(),
        })
    }

    /// Begins a call, which is known by the id from now on. `call` is JSON; throws a failure as JSON.
    pub fn start(&self, id: u32, call: &str) -> Result<(), JsValue> {
        let call = Call::from_json(call).map_err(thrown)?;
        self.feed(Input::Call { id: CallId(id), call });
        Ok(())
    }

    /// Drops a call and all that it has under way. Nothing more is heard of it.
    pub fn cancel(&self, id: u32) {
        self.feed(Input::Cancel(CallId(id)));
    }

    /// Hands in what another tab or worker said.
    pub fn heard(&self, message: String) {
        self.feed(Input::Heard(message));
    }

    /// Ends every call, and refuses new ones.
    pub fn dispose(&self) {
        self.feed(Input::Dispose);
    }

    /// The server answered a request. `date` is in milliseconds since 1970 and `retry_after` in seconds; NaN where it
    /// does not say.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, which is all it need do"
    )]
    pub fn responded(
        &self,
        port: u32,
        status: u16,
        content_type: String,
        date: f64,
        retry_after: f64,
        body: String,
    ) {
        self.answered(
            port,
            Answer::Response(Response {
                status,
                content_type,
                date: (date >= 0.0).then_some(date as u64),
                retry_after_seconds: (retry_after >= 0.0).then_some(retry_after as u32),
                body,
            }),
        );
    }

    /// A request had no answer, for the reason given.
    #[wasm_bindgen(js_name = notResponded)]
    pub fn not_responded(&self, port: u32, reason: String) {
        self.answered(port, Answer::NoResponse(reason));
    }

    /// A piece of the body of what is listened to.
    pub fn piece(&self, port: u32, bytes: Vec<u8>) {
        self.answered(port, Answer::Piece(bytes));
    }

    /// What the token store has.
    pub fn loaded(&self, port: u32, value: Option<String>) {
        self.answered(port, Answer::Loaded(value));
    }

    /// Whatever else was asked is done.
    pub fn done(&self, port: u32) {
        self.answered(port, Answer::Done);
    }
}

impl Client {
    fn answered(&self, port: u32, answer: Answer) {
        self.feed(Input::Answered { port: PortId(port), answer });
    }

    fn feed(&self, input: Input) {
        self.queue.borrow_mut().push(input);
        if self.feeding.replace(true) {
            return;
        }
        loop {
            let inputs = self.queue.take();
            if inputs.is_empty() {
                break;
            }
            for input in inputs {
                let effects = self.session.borrow_mut().step(input, now(), random());
                for effect in &effects {
                    self.host.carry_out(effect);
                }
            }
        }
        self.feeding.set(false);
    }
}

impl Host {
    fn carry_out(&self, effect: &Effect) {
        match effect {
            Effect::Fetch { port, request } => self.send(*port, request, false),
            Effect::Listen { port, request } => self.send(*port, request, true),
            Effect::Sleep { port, milliseconds, idly } => self.sleep(port.0, *milliseconds, *idly),
            Effect::Abandon { port } => self.abandon(port.0),
            Effect::Load { port, key } => self.load(port.0, key),
            Effect::Save { port, key, value } => self.save(port.0, key, &value.0),
            Effect::Forget { port, key } => self.forget(port.0, key),
            Effect::Lock { port, name } => self.lock(port.0, name),
            Effect::Unlock { port } => self.unlock(port.0),
            Effect::Ask { port, message } => self.ask(port.0, message),
            Effect::Broadcast { message } => self.broadcast(&message.0),
            Effect::Emit { call, event } => self.emit(call.map(|call| call.0), &event.to_json()),
            Effect::Done { call, result: Ok(outcome) } => {
                let port = if let Outcome::Opened(opened) = outcome { Some(opened.port.0) } else { None };
                self.succeeded(call.0, &outcome.to_json(), port);
            }
            Effect::Done { call, result: Err(failure) } => self.failed(call.0, &failure.to_json()),
        }
    }

    fn send(&self, port: PortId, request: &Request, listen: bool) {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        for (name, value) in &request.headers {
            self.header(name, value);
        }
        let reader = if listen {
            Reader::Session
        } else if request.stream {
            Reader::Caller
        } else {
            Reader::Nobody
        };
        self.fetch(
            port.0,
            method,
            &request.url,
            request.body.as_deref(),
            request.outlives_page,
            reader as u32,
        );
    }
}

/// Who reads the body of a successful answer as it comes; the number of it in `READER` of `js/ports.js`.
#[derive(Clone, Copy)]
enum Reader {
    Nobody,
    Caller,
    Session,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;

    #[wasm_bindgen(js_namespace = Math, js_name = random)]
    fn math_random() -> f64;
}

/// Milliseconds since 1970.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, which is all it need do"
)]
fn now() -> u64 {
    date_now() as u64
}

/// 64 bits, of which a `Math.random` gives 32 at a time.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 2^32")]
fn random() -> u64 {
    let half = || (math_random() * 4_294_967_296.0) as u64;
    (half() << 32) | half()
}

/// A failure as it is thrown.
#[allow(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
fn thrown(failure: Failure) -> JsValue {
    JsValue::from_str(&failure.to_json())
}
