//! A shell for tests: it keeps what a session has asked for, answers when told to, and moves the time.

#![allow(dead_code, reason = "not every test file uses every part")]

use std::collections::BTreeMap;

use sliderule_session::call::{Credentials, Order};
use sliderule_session::{
    Answer, Call, CallId, Effect, Event, Failure, Input, Outcome, PortId, Request, Response, Session,
    Settings,
};

/// Where the deployment of the tests is.
pub(crate) const ORIGIN: &str = "https://slides.test";
/// The password of the tests; nothing shown may contain it.
pub(crate) const PASSWORD: &str = "SECRET-password";

/// A session, and what the outside knows of it.
pub(crate) struct Shell {
    /// Under test.
    pub(crate) session: Session,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
    /// Requests that wait for an answer, oldest first.
    pub(crate) fetches: BTreeMap<PortId, Request>,
    /// Sleeps that wait for their end.
    pub(crate) sleeps: BTreeMap<PortId, u32>,
    /// The token store.
    pub(crate) store: BTreeMap<String, String>,
    /// Who holds each lock, and who waits for it, in their order.
    pub(crate) locks: BTreeMap<String, Vec<PortId>>,
    /// What other tabs were asked.
    pub(crate) asked: Vec<String>,
    /// Whether they are given time to answer.
    pub(crate) hold_asks: bool,
    /// Those who wait for the answer.
    pub(crate) asks: Vec<PortId>,
    /// What was ever listened to.
    pub(crate) listening: Vec<PortId>,
    /// Whether the server has events.
    pub(crate) has_events: bool,
    /// What was broadcast.
    pub(crate) broadcasts: Vec<String>,
    /// What callers were told.
    pub(crate) events: Vec<Event>,
    /// What came of calls.
    pub(crate) done: BTreeMap<CallId, Result<Outcome, Failure>>,
    /// Every effect so far, for tests that compare.
    pub(crate) log: Vec<Effect>,
    next_call: u32,
}

/// Settings for the deployment of the tests.
pub(crate) fn settings(organization: Option<&str>) -> Settings {
    Settings {
        url: ORIGIN.into(),
        organization: organization.map(Into::into),
        provisioning_url: None,
        cluster_url: None,
        allow_http: false,
        protocol_version: None,
        requests: Vec::new(),
    }
}

/// Ada's.
pub(crate) fn credentials() -> Option<Credentials> {
    Some(Credentials { username: Some("ada".into()), password: Some(PASSWORD.into()), github_token: None })
}

/// Asks for two nodes.
pub(crate) fn order() -> Order {
    Order { desired_nodes: 2, time_to_live: 15 }
}

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> Answer {
    Answer::Response(Response {
        status,
        content_type: "application/json".into(),
        retry_after_seconds: None,
        date: None,
        body: body.into(),
    })
}

/// A token answer; `serial` tells one pair from the next.
pub(crate) fn tokens(organization: &str, serial: u32) -> Answer {
    json(
        200,
        &format!(
            r#"{{"exp":"","access_lifetime":"3600.0","refresh_lifetime":"86400.0","refresh":"SECRET-refresh-{organization}-{serial}","access":"SECRET-access-{organization}-{serial}","api":"/api/v1/"}}"#
        ),
    )
}

impl Shell {
    pub(crate) fn new(organization: Option<&str>) -> Self {
        Self::with(settings(organization))
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self {
            session: Session::new(settings).unwrap(),
            now: 1_000_000,
            fetches: BTreeMap::new(),
            sleeps: BTreeMap::new(),
            store: BTreeMap::new(),
            locks: BTreeMap::new(),
            asked: Vec::new(),
            hold_asks: false,
            asks: Vec::new(),
            listening: Vec::new(),
            has_events: false,
            broadcasts: Vec::new(),
            events: Vec::new(),
            done: BTreeMap::new(),
            log: Vec::new(),
            next_call: 0,
        }
    }

    /// A shell whose session is signed in to the organization.
    pub(crate) fn signed_in(organization: &str) -> Self {
        let mut shell = Self::new(Some(organization));
        let call = shell.call(Call::Authenticate { organization: None, credentials: credentials() });
        shell.answer("/api/org_token/", tokens(organization, 1));
        assert!(shell.done.remove(&call).unwrap().is_ok());
        shell
    }

    /// Begins a call.
    pub(crate) fn call(&mut self, call: Call) -> CallId {
        self.next_call += 1;
        let id = CallId(self.next_call);
        self.step(Input::Call { id, call });
        id
    }

    /// Feeds one input; the token store and locks answer at once.
    pub(crate) fn step(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in self.session.step(input, self.now, 7) {
                self.log.push(effect.clone());
                if let Some((port, answer)) = self.take(effect) {
                    inputs.push(Input::Answered { port, answer });
                }
            }
        }
    }

    fn take(&mut self, effect: Effect) -> Option<(PortId, Answer)> {
        match effect {
            Effect::Fetch { port, request } => drop(self.fetches.insert(port, request)),
            Effect::Listen { port, request } if self.has_events => {
                self.listening.push(port);
                self.fetches.insert(port, request);
            }
            // A server without events.
            Effect::Listen { port, .. } => return Some((port, json(404, "{}"))),
            Effect::Sleep { port, milliseconds, .. } => drop(self.sleeps.insert(port, milliseconds)),
            Effect::Load { port, key } => return Some((port, Answer::Loaded(self.store.get(&key).cloned()))),
            Effect::Save { port, key, value } => {
                self.store.insert(key, value.0);
                return Some((port, Answer::Done));
            }
            Effect::Forget { port, key } => {
                self.store.remove(&key);
                return Some((port, Answer::Done));
            }
            Effect::Lock { port, name } => {
                let queue = self.locks.entry(name).or_default();
                queue.push(port);
                return (queue.len() == 1).then_some((port, Answer::Done));
            }
            Effect::Unlock { port } => {
                let queue = self.locks.values_mut().find(|queue| queue.contains(&port)).unwrap();
                let held = queue.first() == Some(&port);
                queue.retain(|other| *other != port);
                return queue.first().filter(|_| held).map(|next| (*next, Answer::Done));
            }
            Effect::Abandon { port } => {
                self.fetches.remove(&port);
                self.sleeps.remove(&port);
            }
            Effect::Ask { port, message } => {
                self.asked.push(message);
                if self.hold_asks {
                    self.asks.push(port);
                } else {
                    return Some((port, Answer::Done));
                }
            }
            Effect::Broadcast { message } => self.broadcasts.push(message.0),
            Effect::Emit { event, .. } => self.events.push(event),
            Effect::Done { call, result } => {
                assert!(self.done.insert(call, result).is_none(), "a call ends once");
            }
        }
        None
    }

    /// The time of the other tabs to answer is up.
    pub(crate) fn end_asks(&mut self) {
        for port in std::mem::take(&mut self.asks) {
            self.step(Input::Answered { port, answer: Answer::Done });
        }
    }

    /// Requests under way whose URL contains the text.
    pub(crate) fn under_way(&self, text: &str) -> Vec<PortId> {
        self.fetches.iter().filter(|(_, request)| request.url.contains(text)).map(|(port, _)| *port).collect()
    }

    /// Goes on with what is listened to, where the answer has begun.
    pub(crate) fn say(&mut self, which: u8, answer: Answer) {
        if let Some(port) = self.listening.get(usize::from(which) % self.listening.len().max(1)).copied()
            && !self.fetches.contains_key(&port)
        {
            self.step(Input::Answered { port, answer });
        }
    }

    /// Answers the oldest request under way whose URL contains the text.
    pub(crate) fn answer(&mut self, text: &str, answer: Answer) -> Request {
        let port = *self
            .under_way(text)
            .first()
            .unwrap_or_else(|| panic!("nothing asks {text}: {:?}", self.fetches));
        let request = self.fetches.remove(&port).unwrap();
        self.step(Input::Answered { port, answer });
        request
    }

    /// Lets time pass, and ends the sleeps that it ends.
    pub(crate) fn pass(&mut self, milliseconds: u32) {
        self.now = self.now.saturating_add(u64::from(milliseconds));
        let due: Vec<PortId> =
            self.sleeps.iter().filter(|(_, left)| **left <= milliseconds).map(|(port, _)| *port).collect();
        self.sleeps.values_mut().for_each(|left| *left = left.saturating_sub(milliseconds));
        for port in due {
            if self.sleeps.remove(&port).is_some() {
                self.step(Input::Answered { port, answer: Answer::Done });
            }
        }
    }

    /// The code that a call ended with.
    pub(crate) fn failure(&mut self, call: CallId) -> Failure {
        self.done.remove(&call).expect("the call has ended").expect_err("the call has failed")
    }
}

/// A plain service without parameters.
pub(crate) fn source(api: &str) -> Call {
    Call::Service { api: api.into(), parameters: "{}".into(), streams: false, timeout_ms: 120_000 }
}

/// The header that carries a token.
pub(crate) fn authorization(request: &Request) -> Option<&str> {
    request.headers.iter().find(|(name, _)| *name == "Authorization").map(|(_, value)| value.as_str())
}
