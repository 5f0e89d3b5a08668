//! Where a request comes from: its client's address and name, and the id under which it is in the log.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::request::Parts;
use sliderule_api::tokens::Claims;

use super::proxies::ClientAddress;
use super::request_id::REQUEST_ID;
use crate::store::Actor;

/// Letters of a client's name that are kept.
const LONGEST_AGENT: usize = 200;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The client's address.
    pub address: IpAddr,
    /// What the client calls itself, cut short, of printable ASCII characters only; empty if it does not say.
    pub agent: String,
    /// The id under which the request is in the log.
    pub request: Option<String>,
}

impl Origin {
    /// Somebody at this origin who is signed in.
    #[must_use]
    pub fn of(&self, claims: &Claims) -> Actor {
        Actor { session: Some(claims.sid.clone()), ..self.user(claims.user_id) }
    }

    /// Somebody at this origin of whom nothing is known yet.
    #[must_use]
    pub fn stranger(&self) -> Actor {
        let Self { address, request, .. } = self;
        Actor { user: None, address: address.to_string(), request: request.clone(), session: None }
    }

    /// Somebody at this origin who proves who they are, without a session yet.
    #[must_use]
    pub fn user(&self, user: i64) -> Actor {
        Actor { user: Some(user), ..self.stranger() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get().map(|ClientAddress(address)| *address);
        let request = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let agent = parts.headers.get(USER_AGENT).map(|agent| printable(agent.as_bytes()));
        Ok(Self { address, agent: agent.unwrap_or_default(), request })
    }
}

/// The beginning of what a client calls itself: people read it, so that nothing in it may look like another thing.
fn printable(agent: &[u8]) -> String {
    let printable = agent.iter().filter(|byte| byte.is_ascii_graphic() || **byte == b' ');
    printable.take(LONGEST_AGENT).copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_AGENT, printable};

    #[test]
    fn what_a_client_calls_itself_is_cut_and_cleaned() {
        assert_eq!(printable(b"python-requests/2.31.0 (x)"), "python-requests/2.31.0 (x)");
        assert_eq!(printable("a\tb\u{202e}c\u{7f}é".as_bytes()), "abc");
        assert_eq!(printable(&[b'x'; 1000]).len(), LONGEST_AGENT);
    }
}
