//! How calls, events, outcomes and failures cross to JavaScript and back: as JSON with camelCase names.
//!
//! `js/` is the only other side: it checks options before, so what cannot be read here is a fault of ours.

use crate::call::{
    Authentication, Capacity, Credentials, Extended, Opened, Order, Released, Source, VersionReport, View,
};
use crate::effect::{Level, Phase};
use crate::failure::Reason;
use crate::json::{self, Object, Part, Read, Write, read_fields, words, write_fields};
use crate::{Call, Event, Failure, Outcome, Settings};

impl Settings {
    /// The settings that `js/` passes in.
    ///
    /// # Errors
    /// `invalid_argument` where they are none.
    pub fn from_json(text: &str) -> Result<Self, Failure> {
        json::read(text).ok_or_else(unreadable)
    }
}

impl Call {
    /// A call that `js/` passes in: `{"status": {}}`.
    ///
    /// # Errors
    /// `invalid_argument` where it is none.
    pub fn from_json(text: &str) -> Result<Self, Failure> {
        json::read(text).ok_or_else(unreadable)
    }
}

fn unreadable() -> Failure {
    Failure::invalid("the options cannot be read")
}

impl Outcome {
    /// What the caller gets.
    #[must_use]
    pub fn to_json(&self) -> String {
        let value: &dyn Write = match self {
            Self::Authentication(value) => value,
            Self::Capacity(value) => &**value,
            Self::Text(text) => return text.clone(),
            Self::Opened(value) => value,
            Self::Version(value) => value,
            Self::Extended(value) => value,
            Self::Released(value) => value,
            Self::Nothing => &None::<bool>,
        };
        json::write(value)
    }
}

impl Event {
    /// What the caller is told.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = Object::begin(&mut out);
        match self {
            Self::Progress { phase, nodes, wanted, elapsed_ms, expected_ms, message } => object
                .field("type", &"progress")
                .field("phase", phase)
                .field("nodes", nodes)
                .field("wanted", wanted)
                .field("elapsedMs", elapsed_ms)
                .field("expectedMs", expected_ms)
                .field("message", message),
            Self::Granted { capacity } => object.field("type", &"granted").field("capacity", &**capacity),
            Self::Log { level, message } => {
                object.field("type", &"log").field("level", level).field("message", message)
            }
            Self::Warning { code, message } => {
                object.field("type", &"warning").field("code", code).field("message", message)
            }
            Self::Requests { requests } => object.field("type", &"requests").field("requests", requests),
            Self::Identity { organization, authenticated, user, server_version } => object
                .field("type", &"identity")
                .field("organization", organization)
                .field("authenticated", authenticated)
                .field("user", user)
                .field("serverVersion", server_version),
        }
        .end();
        out
    }
}

impl Failure {
    /// What the caller gets instead.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::write(&**self)
    }
}

impl Read for Call {
    fn read(part: Part<'_>) -> Self {
        let (kind, part) = part.kind();
        match kind {
            "init" => Self::Init {
                credentials: part.field("credentials"),
                order: part.field("order"),
                plugins: part.field("plugins"),
                timeout_ms: part.field("timeoutMs"),
            },
            "authenticate" => Self::Authenticate {
                organization: part.field("organization"),
                credentials: part.field("credentials"),
            },
            "updateAvailableServers" => Self::UpdateAvailableServers { order: part.field("order") },
            "scaleout" => Self::Scaleout {
                order: part.field("order"),
                min_ready: part.field("minReady"),
                timeout_ms: part.field("timeoutMs"),
            },
            "source" | "stream" => Self::Service {
                api: part.field("api"),
                parameters: part.field("parameters"),
                streams: kind == "stream",
                timeout_ms: part.field("timeoutMs"),
            },
            "definition" => Self::Definition {
                record_type: part.field("recordType"),
                organization: part.field("organization"),
            },
            "checkVersion" => Self::CheckVersion { plugins: part.field("plugins") },
            "status" => Self::View(View::Status),
            "costs" => Self::View(View::Costs),
            "estimate" => Self::View(View::Estimate(part.field("order"))),
            "extend" => {
                Self::Extend { request_id: part.field("requestId"), time_to_live: part.field("timeToLive") }
            }
            "release" => Self::Release { request_id: part.field("requestId") },
            "signOut" => Self::SignOut {},
            _ => part.unreadable(Self::SignOut {}),
        }
    }
}

read_fields! {
    Credentials { username: "username", password: "password", github_token: "githubToken" }
    Order { desired_nodes: "desiredNodes", time_to_live: "timeToLive" }
}

impl Read for Settings {
    fn read(part: Part<'_>) -> Self {
        Self {
            url: part.field("url"),
            organization: part.field("organization"),
            provisioning_url: part.field("provisioningUrl"),
            cluster_url: part.field("clusterUrl"),
            allow_http: part.field::<Option<bool>>("allowHttp").unwrap_or(false),
            protocol_version: part.field("protocolVersion"),
            requests: part.field::<Option<_>>("requests").unwrap_or_default(),
        }
    }
}

write_fields! {
    Authentication { user: "user", organization: "organization", expires_at: "expiresAt", source: "source" }
    Capacity {
        available_nodes: "availableNodes",
        requested_nodes: "requestedNodes",
        clamped: "clamped",
        ready: "ready",
        request_id: "requestId",
        expires_at: "expiresAt",
        cost_micro_usd: "costMicroUsd",
    }
    VersionReport { server: "server", client: "client", out_of_date: "outOfDate", warning: "warning" }
    Extended { request_id: "requestId", nodes: "nodes", expires_at: "expiresAt", cost_micro_usd: "costMicroUsd" }
    Released { target_nodes: "targetNodes" }
    Opened { organization: "organization" }
    Reason {
        code: "code",
        message: "message",
        endpoint: "endpoint",
        status: "status",
        retryable: "retryable",
    }
}

words! {
    Source { Password = "password", Github = "github", Cache = "cache", None = "none" }
    Level { Debug = "debug", Info = "info", Warn = "warn" }
    Phase { Requesting = "requesting", Waking = "waking", Growing = "growing", Ready = "ready" }
}

#[cfg(test)]
mod tests {
    use crate::{Call, Settings};

    #[test]
    fn a_call_is_named_by_its_only_field() {
        let call =
            r#"{"scaleout":{"order":{"desiredNodes":4,"timeToLive":60},"minReady":null,"timeoutMs":1000}}"#;
        let Call::Scaleout { order, min_ready, timeout_ms } = Call::from_json(call).unwrap() else {
            panic!("another call")
        };
        assert_eq!((order.desired_nodes, order.time_to_live, min_ready, timeout_ms), (4, 60, None, 1000));
        for not in ["", "{}", "[]", r#"{"scaleout":{}}"#, r#"{"dance":{}}"#, r#"{"status":{},"costs":{}}"#] {
            assert!(Call::from_json(not).is_err(), "{not}");
        }
    }

    #[test]
    fn settings_need_an_address() {
        let settings =
            Settings::from_json(r#"{"url":"x.org","organization":null,"allowHttp":true}"#).unwrap();
        assert!(settings.allow_http && settings.organization.is_none());
        assert!(Settings::from_json("{}").is_err());
    }
}
