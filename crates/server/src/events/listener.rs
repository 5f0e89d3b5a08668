//! What one listener gets, until it ends.
//!
//! Always holds: nothing is told to somebody whose token has ended, or who is no longer a member: that is asked
//! whenever members may have changed, and at every heartbeat. Somebody who does not read is told the latest when they
//! read again, and keeps nothing waiting meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use sliderule_api::UserName;
use sliderule_api::events::{End, EndReason};
use tokio::sync::watch;
use tokio::time::Instant;

use super::seats::Seat;
use super::snapshot::Snapshot;
use super::{Passed, frame};
use crate::app::Shared;
use crate::handlers::notices;
use crate::http::{Member, Refusal};
use crate::store::{Admission, AdmissionKey, Admitted, Standing};

/// How long a stream is silent at most.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Notices that are read from the database together.
const TOGETHER: u32 = 200;

/// One who listens.
struct Listener {
    app: Shared,
    member: Member,
    passed: watch::Receiver<Passed>,
    stopping: watch::Receiver<bool>,
    /// When the token has ended.
    expires: Instant,
    /// When the stream has been silent for too long.
    heartbeat: Instant,
    /// What is to be sent next.
    frames: VecDeque<Bytes>,
    /// The snapshot that was the last one when they came.
    before: Option<u64>,
    /// What they have, once they have anything.
    has: Option<Has>,
    /// The last notice they had, where they say so.
    last_event: Option<u64>,
    is_over: bool,
    _seat: Seat,
}

/// Why a listener woke.
enum Woke {
    End(EndReason),
    News,
    Silence,
}

/// What a listener has.
#[derive(Clone, Copy)]
struct Has {
    /// Notices up to this one.
    notices: u64,
    /// The status of this version, if any.
    status: Option<u64>,
    /// The right to listen, as it was at this version of the members.
    members: u64,
}

/// What was told of the notices.
struct Told {
    up_to: u64,
    is_all: bool,
}

/// The events of the member's organization: the status at once, then whatever happens; with `last_event`, all notices
/// after that one first.
///
/// # Errors
/// Too many listen already.
pub fn listen(
    app: &Shared,
    member: Member,
    last_event: Option<u64>,
) -> Result<impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + 'static, Refusal> {
    let seat = app.events.0.seats.take(&member)?;
    let passed = app.events.join(app, &member.organization);
    let before = passed.borrow().as_ref().map(|snapshot| snapshot.number);
    let left = member.claims.exp.saturating_sub(app.now_seconds());
    let listener = Listener {
        app: app.clone(),
        stopping: app.events.0.stopping.subscribe(),
        expires: Instant::now() + Duration::from_secs(left.min(u32::MAX.into())),
        heartbeat: Instant::now() + HEARTBEAT,
        frames: VecDeque::from([frame::beginning()]),
        before,
        has: None,
        last_event,
        is_over: false,
        member,
        passed,
        _seat: seat,
    };
    Ok(unfold(
        listener,
        |mut listener| async move { listener.next().await.map(|frame| (Ok(frame), listener)) },
    ))
}

impl Listener {
    /// What is sent next; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                self.heartbeat = Instant::now() + HEARTBEAT;
                return Some(frame);
            }
            if self.is_over {
                return None;
            }
            self.wait().await;
        }
    }

    /// Waits until there is something to send, or something to ask.
    async fn wait(&mut self) {
        let woke = tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => Woke::End(EndReason::Unavailable),
            () = tokio::time::sleep_until(self.expires) => Woke::End(EndReason::TokenExpired),
            // A feed goes only after its last listener.
            passed = self.passed.changed() => passed.map_or(Woke::End(EndReason::Unavailable), |()| Woke::News),
            () = tokio::time::sleep_until(self.heartbeat) => Woke::Silence,
        };
        match woke {
            Woke::End(reason) => self.end(reason),
            Woke::News => {
                let snapshot = self.passed.borrow_and_update().clone();
                if let Some(snapshot) = snapshot {
                    self.hear(&snapshot).await;
                }
            }
            Woke::Silence => {
                if self.may_listen().await {
                    self.frames.push_back(frame::heartbeat());
                }
            }
        }
    }

    /// Takes what is new in a snapshot.
    async fn hear(&mut self, snapshot: &Snapshot) {
        // The one that was there before they came may be old.
        if self.before.is_some_and(|before| snapshot.number <= before) {
            return;
        }
        let members_changed = self.has.is_none_or(|has| has.members != snapshot.members_version);
        if members_changed && !self.may_listen().await {
            return;
        }
        let seen = match (self.has, self.last_event) {
            (Some(has), _) => has.notices,
            (None, Some(last)) => last.min(snapshot.last),
            (None, None) => snapshot.last,
        };
        let Ok(Told { up_to, is_all }) = self.tell(seen, snapshot).await else {
            // The log says why. Who comes back says what they had.
            return self.end(EndReason::Unavailable);
        };
        let mut status = self.has.and_then(|has| has.status);
        if !is_all {
            // The rest follows once this is sent.
            self.passed.mark_changed();
        } else if status != Some(snapshot.status_version) {
            self.frames.push_back(snapshot.status.clone());
            status = Some(snapshot.status_version);
        }
        self.has = Some(Has { notices: up_to, status, members: snapshot.members_version });
    }

    /// Tells notices after that number.
    async fn tell(&mut self, seen: u64, snapshot: &Snapshot) -> Result<Told, Refusal> {
        let reader: Option<UserName> = (!self.member.manages()).then(|| self.member.claims.user_name.clone());
        if let Some(told) = snapshot.after(seen, reader.as_ref()) {
            self.frames.extend(told);
            return Ok(Told { up_to: snapshot.last, is_all: true });
        }
        let organization = &self.member.organization;
        let told = self.app.db.notices(organization, reader.as_ref(), Some(seen), TOGETHER).await?;
        let is_all = u32::try_from(told.len()).is_ok_and(|number| number < TOGETHER);
        let last = told.last().map_or(seen, |told| told.number);
        for told in told {
            let notice = notices::shown(&self.app, told);
            self.frames.push_back(frame::event("notice", notice.number, &notice));
        }
        Ok(Told { up_to: if is_all { last.max(snapshot.last) } else { last }, is_all })
    }

    /// Whether they may listen on; if not, that is the end.
    async fn may_listen(&mut self) -> bool {
        let why_not = self.why_not().await;
        if let Some(reason) = why_not {
            self.end(reason);
        }
        why_not.is_none()
    }

    async fn why_not(&mut self) -> Option<EndReason> {
        let claims = &self.member.claims;
        if self.app.now_seconds() >= claims.exp {
            return Some(EndReason::TokenExpired);
        }
        match self.app.db.admission(&AdmissionKey::of(claims)).await {
            Ok(Admission::Open(Admitted { standing: Some(Standing::Active(role)), .. })) => {
                self.member.role = role;
                None
            }
            Ok(_) => Some(EndReason::MembershipEnded),
            Err(error) => {
                tracing::error!(%error, "whether somebody may listen on is not known");
                Some(EndReason::Unavailable)
            }
        }
    }

    fn end(&mut self, reason: EndReason) {
        let message = match reason {
            EndReason::TokenExpired => "the access token has ended; listen again with a new one",
            EndReason::MembershipEnded => {
                "your session or membership is not active any more; sign in, or ask an owner"
            }
            EndReason::Unavailable => "the server stops; listen again a little later",
        };
        let id = self.has.map_or(self.last_event.unwrap_or(0), |has| has.notices);
        self.frames.push_back(frame::event("end", id, &End { reason, message: message.to_owned() }));
        self.is_over = true;
    }
}
