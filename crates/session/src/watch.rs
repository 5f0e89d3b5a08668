//! Looking at our own status until something happens: by server-sent events, and by asking where those do not come.
//!
//! The server tells at once; asking is for a proxy that keeps events back, and for a server that has none. A look that
//! fails is the caller's to judge; the next one begins anew.

use std::rc::Rc;

use sliderule_api::ErrorCode;

use crate::account::Tokens;
use crate::address::Target;
use crate::answers::Status;
use crate::http::request;
use crate::json;
use crate::port::Port;
use crate::renewal::{fresh, with_token};
use crate::server_events::EventReader;
use crate::world::World;
use crate::{Answer, Failure, Method, Response, console};

/// How often our own API is asked where it tells nothing by itself: the shortest pause, and how much longer it may be.
const PAUSE_MS: u32 = 250;
/// How long the answer to asking for events may take to begin.
const OPENING_MS: u32 = 3_000;
/// How long events may keep silent before it is asked all the same: until the first, and after it.
const FIRST_SILENCE_MS: u32 = 1_000;
const SILENCE_MS: u32 = 10_000;

/// A look that goes on.
pub(crate) struct Watch<'a> {
    world: &'a World,
    target: &'a Rc<Target>,
    /// Whether somebody has looked before, so that the next look has to wait for something.
    begun: bool,
    /// Whether this server may have events, and they may come through.
    may_tell: bool,
    /// The events, while they come.
    events: Option<Port>,
    reader: EventReader,
    silence_ms: u32,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(world: &'a World, target: &'a Rc<Target>) -> Self {
        Self {
            world,
            target,
            begun: false,
            may_tell: true,
            events: None,
            reader: EventReader::default(),
            silence_ms: FIRST_SILENCE_MS,
        }
    }

    /// The status: the present one the first time, then the next one that is told.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn next(&mut self) -> Result<Box<Status>, Failure> {
        let mut pauses = std::mem::replace(&mut self.begun, true);
        if self.may_tell && self.events.is_none() {
            self.events = self.open().await?;
            self.may_tell = self.events.is_some();
            self.reader = EventReader::default();
            self.silence_ms = FIRST_SILENCE_MS;
        }
        if let Some(events) = &mut self.events {
            let mut silence = self.world.sleep(self.silence_ms);
            pauses = loop {
                let Some(answer) = events.before(&mut silence).await else { break false };
                match told(&mut self.reader, &answer) {
                    Ok(None) => {}
                    Ok(Some(status)) => {
                        self.silence_ms = SILENCE_MS;
                        return Ok(status);
                    }
                    // Those that ended are asked for again with the next look; those that never came are not.
                    Err(Ended) => {
                        self.may_tell = self.silence_ms == SILENCE_MS;
                        self.events = None;
                        break true;
                    }
                }
            };
        }
        if pauses {
            self.world.sleep(PAUSE_MS + self.world.random_below(PAUSE_MS)).await;
        }
        console::status(self.world, self.target).await
    }

    /// Asks for events, and once more with a new token if that is refused.
    async fn open(&self) -> Result<Option<Port>, Failure> {
        let url = console::path(self.target, "events")?;
        let mut request = request(Method::Get, url, None);
        request.stream = true;
        request.headers.push(("Accept", "text/event-stream".to_owned()));
        let mut refused: Option<Rc<Tokens>> = None;
        for _ in 0..2 {
            let access = refused.as_ref().map(|tokens| tokens.access.as_str());
            let Some(tokens) = fresh(self.world, self.target, access).await? else { break };
            let mut events = self.world.listen(with_token(&request, &tokens));
            match events.before(&mut self.world.sleep(OPENING_MS)).await {
                Some(Answer::Response(Response { status: 200, content_type, .. }))
                    if content_type.starts_with("text/event-stream") =>
                {
                    return Ok(Some(events));
                }
                Some(Answer::Response(Response { status: 401, .. })) => refused = Some(tokens),
                // Whatever it is, asking for the status says it better.
                _ => break,
            }
        }
        Ok(None)
    }
}

/// There are no more events.
struct Ended;

/// The newest status among what was heard.
fn told(reader: &mut EventReader, answer: &Answer) -> Result<Option<Box<Status>>, Ended> {
    let Answer::Piece(piece) = answer else { return Err(Ended) };
    let (mut newest, mut ended) = (None, false);
    let heard = |kind: &str, data: &str| match kind {
        "end" => ended = true,
        "status" => newest = json::read(data).or(newest.take()),
        _ => {}
    };
    reader.push(piece, heard).map_err(|_| Ended)?;
    if ended { Err(Ended) } else { Ok(newest) }
}

/// Whether a look that failed so may be followed by another: nobody has decided anything.
pub(crate) fn is_passing(failure: &Failure) -> bool {
    failure.retryable && failure.code != ErrorCode::Throttled
}
