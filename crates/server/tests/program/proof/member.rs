//! A user's calls, each of which may die with the server.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::World;

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// It was done, and this is the answer.
    Yes(Value),
    /// It was refused, for that reason.
    No(u16, Value),
    /// The server died before it answered: done or not, nobody knows.
    Nothing,
}

impl Said {
    /// The answer of a call that must succeed if it is answered; `None` if the server died.
    pub(crate) fn yes(self) -> Option<Value> {
        match self {
            Self::Yes(answer) => Some(answer),
            Self::Nothing => None,
            Self::No(status, why) => panic!("refused with {status}: {why}"),
        }
    }
}

/// A signed-in user of acme, at whichever server runs.
#[derive(Clone)]
pub(crate) struct Member {
    http: reqwest::Client,
    /// Changes with every server.
    pub(crate) url: String,
    token: String,
}

impl Member {
    /// Signs in; `None` if the server died.
    pub(crate) async fn sign_in(world: &World, user: &str) -> Option<Self> {
        let token = world.token(user).await?;
        Some(Self { http: world.http.clone(), url: world.url(), token })
    }

    /// Orders so many nodes for so many seconds, under a key.
    pub(crate) async fn order(&self, key: &str, nodes: u32, seconds: u64) -> Said {
        let body = json!({ "nodes": nodes, "time_to_live_seconds": seconds });
        self.call(Method::POST, "requests", Some(key), Some(body)).await
    }

    /// Gives a request another size, or another end.
    pub(crate) async fn alter(&self, id: &str, change: Value) -> Said {
        self.call(Method::PATCH, &format!("requests/{id}"), None, Some(change)).await
    }

    /// Releases a request.
    pub(crate) async fn release(&self, id: &str) -> Said {
        self.call(Method::DELETE, &format!("requests/{id}"), None, None).await
    }

    /// Destroys the cluster.
    pub(crate) async fn destroy(&self) -> Said {
        self.call(Method::POST, "destroy", None, None).await
    }

    pub(crate) async fn status(&self) -> Said {
        self.call(Method::GET, "status", None, None).await
    }

    /// Asks the cluster itself, through the gateway.
    pub(crate) async fn version(&self) -> Said {
        let url = format!("{}/clusters/acme/source/version", self.url);
        said(self.http.get(url).bearer_auth(&self.token)).await
    }

    async fn call(&self, method: Method, path: &str, key: Option<&str>, body: Option<Value>) -> Said {
        let url = format!("{}/api/v1/organizations/acme/{path}", self.url);
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        said(request).await
    }
}

async fn said(request: reqwest::RequestBuilder) -> Said {
    let Ok(answer) = request.send().await else { return Said::Nothing };
    let status = answer.status();
    let Ok(text) = answer.text().await else { return Said::Nothing };
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if status.is_success() { Said::Yes(value) } else { Said::No(status.as_u16(), value) }
}
