//! Looking at our own status until something happens: by server-sent events, and by asking where those do not come.
//!
//! The server tells at once; asking is for a proxy that keeps events back, and for a server that has none. A look that
//! fails is the caller's to judge; the next one begins anew.

use std::rc::Rc;

use sliderule_api::ErrorCode;

use crate::address::Target;
use crate::answers::Status;
use crate::http::request;
use crate::json;
use crate::port::Listening;
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
pub(crate) struct Watch {
    world: World,
    target: Rc<Target>,
    events: Events,
    /// Whether somebody has looked before, so that the next look has to wait for something.
    begun: bool,
}

enum Events {
    /// Not asked for yet, or ended.
    Closed,
    /// They come.
    Open { listening: Listening, reader: EventReader, silence_ms: u32 },
    /// This server has none, or they do not come through.
    None,
}

impl Watch {
    pub(crate) fn new(world: &World, target: &Rc<Target>) -> Self {
        Self { world: world.clone(), target: Rc::clone(target), events: Events::Closed, begun: false }
    }

    /// The status: the present one the first time, then the next one that is told.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn next(&mut self) -> Result<Status, Failure> {
        let begun = std::mem::replace(&mut self.begun, true);
        if matches!(self.events, Events::Closed) {
            self.events = self.open().await?;
        }
        if let Events::Open { silence_ms, .. } = &self.events {
            let silence_ms = *silence_ms;
            let world = self.world.clone();
            match world.within(silence_ms, self.told()).await {
                Some(Some(status)) => return Ok(status),
                // Those that ended are asked for again with the next look; those that never came are not.
                Some(None) => {
                    let came = silence_ms == SILENCE_MS;
                    self.events = if came { Events::Closed } else { Events::None };
                    self.pause().await;
                }
                None => {}
            }
        } else if begun {
            self.pause().await;
        }
        console::status(&self.world, &self.target).await
    }

    async fn pause(&self) {
        let jitter = u32::try_from(self.world.random() % u64::from(PAUSE_MS)).unwrap_or(0);
        self.world.sleep(PAUSE_MS + jitter).await;
    }

    /// The next status among the events; nothing once they end.
    async fn told(&mut self) -> Option<Status> {
        let Events::Open { listening, reader, silence_ms } = &mut self.events else { return None };
        loop {
            let Answer::Piece(piece) = listening.next().await else { return None };
            let events = reader.push(&piece).ok()?;
            if events.iter().any(|event| event.kind == "end") {
                return None;
            }
            let statuses = events.iter().filter(|event| event.kind == "status");
            let newest = statuses.filter_map(|event| json::read(&event.data)).next_back();
            if newest.is_some() {
                *silence_ms = SILENCE_MS;
                return newest;
            }
        }
    }

    /// Asks for events, and once more with a new token if that is refused.
    async fn open(&self) -> Result<Events, Failure> {
        let Some(organization) = &self.target.organization else { return Ok(Events::None) };
        let url = console::path(&self.target, organization, "events")?;
        let mut refused = None;
        for _ in 0..2 {
            let Some(tokens) = fresh(&self.world, &self.target, refused.as_deref()).await? else {
                return Ok(Events::None);
            };
            let mut request = with_token(&request(Method::Get, url.clone(), None), &tokens);
            request.stream = true;
            request.headers.push(("Accept", "text/event-stream".to_owned()));
            let mut listening = self.world.listen(request);
            match self.world.within(OPENING_MS, listening.next()).await {
                Some(Answer::Response(Response { status: 200, content_type, .. }))
                    if content_type.starts_with("text/event-stream") =>
                {
                    let reader = EventReader::default();
                    return Ok(Events::Open { listening, reader, silence_ms: FIRST_SILENCE_MS });
                }
                Some(Answer::Response(Response { status: 401, .. })) => refused = Some(tokens.access.clone()),
                // Whatever it is, asking for the status says it better.
                _ => return Ok(Events::None),
            }
        }
        Ok(Events::None)
    }
}

/// Whether a look that failed so may be followed by another: nobody has decided anything.
pub(crate) fn is_passing(failure: &Failure) -> bool {
    failure.retryable && failure.code != ErrorCode::Throttled
}
