//! Sending, with what every request has in common.
//!
//! A request that nothing answers, or that is answered 503 without a reason in JSON, is tried three times in
//! all, with a random pause that doubles (full jitter) and is never shorter than `Retry-After` says. Other
//! answers are the caller's to judge. A server that takes too long may be at work all the same, so a time-out is
//! not tried again. Redirects are errors: following one could carry a token elsewhere.

use sliderule_api::ErrorCode;

use crate::address::Target;
use crate::effect::Level;
use crate::failure::{quote, redact};
use crate::json::{self, Read};
use crate::world::{World, confused};
use crate::{Answer, Failure, Method, PortId, Request, Response, refusal};

/// Tries in all.
const TRIES: u32 = 3;
/// The first pause is at most this long.
const FIRST_PAUSE_MS: u32 = 500;
/// No server may make a client wait longer between two tries.
const LONGEST_PAUSE_S: u32 = 30;
/// How long a plain request may take; browsers themselves would wait for ever.
pub(crate) const REQUEST_TIMEOUT_MS: u32 = 60_000;

/// An answer, and where it came from.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The `Fetch` that was answered.
    pub port: PortId,
    /// The URL that was asked.
    pub url: String,
    /// The answer.
    pub response: Response,
    /// What was sent and must not be repeated, should the server echo it.
    secrets: Vec<String>,
}

impl Reply {
    /// Whether the answer is a success.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.response.status)
    }

    /// A failure about this answer.
    pub(crate) fn failure(&self, code: ErrorCode, message: impl Into<String>) -> Failure {
        Failure::new(code, message).at(&self.url).with_status(self.response.status)
    }

    /// What the server said, fit to stand in a sentence: short, and without the secrets that were sent.
    pub(crate) fn quote(&self, text: &str) -> String {
        quote(&redact(text, &self.secrets))
    }

    /// The body as JSON of a known shape.
    ///
    /// # Errors
    /// `bad_response`.
    pub(crate) fn json<T: Read>(&self) -> Result<T, Failure> {
        json::read(&self.response.body).ok_or_else(|| self.unreadable())
    }

    fn unreadable(&self) -> Failure {
        // It is not quoted: a token answer is all secrets.
        let message = format!("{} answered something else than was asked for", self.url);
        self.failure(ErrorCode::BadResponse, message)
    }
}

/// A request without a token.
pub(crate) fn request(method: Method, url: String, body: Option<String>) -> Request {
    let mut headers = Vec::new();
    if body.is_some() {
        headers.push(("Content-Type", "application/json".to_owned()));
    }
    Request { method, url, headers, body, stream: false, outlives_page: false, secrets: Vec::new() }
}

/// Sends, and tries again where that may help.
///
/// # Errors
/// `unreachable` where nothing answered, `timed_out` where nothing did in time, `bad_response` for a redirect.
pub(crate) async fn send(
    world: &World,
    target: &Target,
    request: &Request,
    timeout_ms: u32,
) -> Result<Box<Reply>, Failure> {
    let mut tried = 1;
    loop {
        let outcome = once(world, target, request, timeout_ms).await;
        let pause = match &outcome {
            Ok(reply) if reply.response.status == 503 && !refusal::is_decided(&reply.response) => {
                reply.response.retry_after_seconds.unwrap_or(0).min(LONGEST_PAUSE_S)
            }
            Err(failure) if failure.code == ErrorCode::Unreachable => 0,
            _ => return outcome,
        };
        if tried == TRIES {
            return outcome;
        }
        // The line that the project's first document shows, which people look for.
        world.log(Level::Info, format!("Connection error to endpoint {} ...retrying request", request.url));
        world.sleep(pause_before(world, tried, pause)).await;
        tried += 1;
    }
}

/// The pause before the next try, in milliseconds.
fn pause_before(world: &World, tried: u32, at_least_s: u32) -> u32 {
    let jitter = world.random_below(FIRST_PAUSE_MS << tried);
    at_least_s.saturating_mul(1000).saturating_add(jitter)
}

async fn once(
    world: &World,
    target: &Target,
    request: &Request,
    timeout_ms: u32,
) -> Result<Box<Reply>, Failure> {
    let url = &request.url;
    let mut fetch = world.fetch(request.clone());
    let answered = fetch.before(&mut world.sleep(timeout_ms)).await;
    if let Some(Answer::Response(Response { date: Some(date), .. })) = &answered {
        world.dated(*date);
    }
    match answered {
        None => {
            let message = format!("{url} gave no answer within {} s{}", timeout_ms / 1000, hint(target));
            Err(Failure::new(ErrorCode::TimedOut, message).at(url).retryable())
        }
        Some(Answer::NoResponse(reason)) => {
            let reason = quote(&redact(&reason, &request.secrets));
            let message = format!(
                "nothing answered at {url} ({reason}); check the address and the network{}",
                hint(target)
            );
            Err(Failure::new(ErrorCode::Unreachable, message).at(url).retryable())
        }
        Some(Answer::Response(response)) if response.status == 0 || (300..400).contains(&response.status) => {
            let message = format!(
                "{url} answers with a redirect, and a token must not follow one; use the address it leads to"
            );
            Err(Failure::new(ErrorCode::BadResponse, message).at(url).with_status(response.status))
        }
        Some(Answer::Response(response)) => {
            let (url, secrets) = (url.clone(), request.secrets.clone());
            Ok(Box::new(Reply { port: fetch.id(), url, response, secrets }))
        }
        Some(_) => Err(confused()),
    }
}

fn hint(target: &Target) -> String {
    target.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default()
}

/// The code of ours that an answer carries.
pub(crate) fn code_of(response: &Response) -> Option<ErrorCode> {
    ErrorCode::from_text(json::text(&json::parse(&response.body)?, "code")?)
}
