//! Where a request comes from: its client's address, and the id under which it is in the log.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use sliderule_api::tokens::Claims;

use super::layers::REQUEST_ID;
use crate::store::Actor;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The client's address.
    pub address: IpAddr,
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
        let Self { address, request } = self;
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
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let request = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        Ok(Self { address: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical(), request })
    }
}
