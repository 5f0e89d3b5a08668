//! What is read of the answers of provisioning systems: the fields that decide something here. The whole of an answer
//! is described in `sliderule_api`, and passes on to the caller as it came.

use sliderule_api::status::{Block, ClusterState};
use sliderule_api::{ErrorCode, RequestId, UtcTime};

use crate::Failure;
use crate::call::Released;
use crate::json::{Part, Read, read_fields};

/// [`sliderule_api::status::ClusterStatus`].
#[derive(Clone, Debug)]
pub(crate) struct Status {
    /// What it is doing.
    pub state: ClusterState,
    /// What keeps it from running, if anything.
    pub blocked: Option<Block>,
    /// One sentence for people.
    pub message: String,
    /// Nodes registered and serving.
    pub ready: u32,
    /// How many nodes are wanted now.
    pub target_nodes: u32,
    /// The live requests.
    pub requests: Vec<CapacityRequest>,
    /// In how many seconds all wanted nodes are expected.
    pub ready_in_seconds: Option<u64>,
}

impl Status {
    /// The failure of whoever needs nodes, where something keeps the cluster from running.
    pub(crate) fn kept_off(&self) -> Option<Failure> {
        let code = match self.blocked? {
            Block::Suspended => ErrorCode::ClusterSuspended,
            Block::Paused => ErrorCode::ClusterPaused,
            Block::OutOfFunds => ErrorCode::OutOfFunds,
            Block::Protected => ErrorCode::ClusterProtected,
        };
        Some(Failure::new(code, self.message.clone()))
    }
}

/// [`sliderule_api::status::CapacityRequest`].
#[derive(Clone, Debug)]
pub(crate) struct CapacityRequest {
    /// Names the request.
    pub id: RequestId,
    /// Nodes granted.
    pub nodes: u32,
    /// When it ends by itself.
    pub expires_at: UtcTime,
}

/// [`sliderule_api::status::Grant`].
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// What was granted.
    pub request: CapacityRequest,
    /// Whether that differs from what was asked for.
    pub clamped: bool,
    /// What it may cost at most beyond what was promised before.
    pub cost_micro_usd: i64,
}

/// [`sliderule_api::capacity::NodeCounts`].
pub(crate) struct NodeCounts {
    /// Nodes kept without any request.
    pub min_nodes: u32,
    /// Nodes that exist now.
    pub current_nodes: u32,
    /// Nodes allowed at most.
    pub max_nodes: u32,
}

/// [`sliderule_api::capacity::CapacityAnswer`].
pub(crate) struct CapacityAnswer {
    /// `QUEUED`, or `REDUNDANT`.
    pub status: String,
    /// What happens now, for people.
    pub msg: Option<String>,
    /// Names the request, where the server names it.
    pub request_id: Option<RequestId>,
    /// When it ends, where the server says it.
    pub expires_at: Option<UtcTime>,
}

/// [`sliderule_api::discovery::StatusAnswer`].
pub(crate) struct Registered {
    /// Registered nodes of the service.
    pub nodes: u32,
}

read_fields! {
    CapacityRequest { id: "id", nodes: "nodes", expires_at: "expires_at" }
    Grant { request: "request", clamped: "clamped", cost_micro_usd: "cost_micro_usd" }
    Released { target_nodes: "target_nodes" }
    NodeCounts { min_nodes: "min_nodes", current_nodes: "current_nodes", max_nodes: "max_nodes" }
    CapacityAnswer { status: "status", msg: "msg", request_id: "request_id", expires_at: "expires_at" }
    Registered { nodes: "nodes" }
}

impl Read for Status {
    fn read(part: Part<'_>) -> Self {
        Self {
            state: part.field("state"),
            blocked: part.field("blocked"),
            message: part.field("message"),
            ready: part.at("nodes").field("ready"),
            target_nodes: part.field("target_nodes"),
            requests: part.field("requests"),
            ready_in_seconds: part.field("ready_in_seconds"),
        }
    }
}

/// [`sliderule_api::status::Estimate`], of which the caller gets everything.
pub(crate) struct Estimate;

impl Read for Estimate {
    fn read(part: Part<'_>) -> Self {
        part.field::<u32>("nodes");
        part.field::<UtcTime>("expires_at");
        Self
    }
}

/// [`sliderule_api::costs::Costs`], of which the caller gets everything.
pub(crate) struct Costs;

impl Read for Costs {
    fn read(part: Part<'_>) -> Self {
        part.field::<i64>("spent_micro_usd");
        part.at("entries").list();
        Self
    }
}

impl Read for ClusterState {
    fn read(part: Part<'_>) -> Self {
        match part.text() {
            "asleep" => Self::Asleep,
            "waking" => Self::Waking,
            "running" => Self::Running,
            "stopping" => Self::Stopping,
            "failed" => Self::Failed,
            _ => part.unreadable(Self::Asleep),
        }
    }
}

impl Read for Block {
    fn read(part: Part<'_>) -> Self {
        match part.text() {
            "suspended" => Self::Suspended,
            "paused" => Self::Paused,
            "out_of_funds" => Self::OutOfFunds,
            "protected" => Self::Protected,
            _ => part.unreadable(Self::Protected),
        }
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::status::{Block, ClusterState};

    use super::Status;
    use crate::json;

    #[test]
    fn every_state_and_block_of_the_api_is_read_as_it_is_written() {
        use Block::{OutOfFunds, Paused, Protected, Suspended};
        use ClusterState::{Asleep, Failed, Running, Stopping, Waking};
        for state in [Asleep, Waking, Running, Stopping, Failed] {
            let text = serde_json::to_string(&state).unwrap();
            assert_eq!(json::read(&text), Some(state));
        }
        for block in [Suspended, Paused, OutOfFunds, Protected] {
            let text = serde_json::to_string(&block).unwrap();
            assert_eq!(json::read(&text), Some(block));
        }
    }

    #[test]
    fn an_answer_of_an_older_server_is_read_too() {
        let text = r#"{"state":"running","blocked":null,"message":"2 of 2 nodes are ready","nodes":{"ready":2},"target_nodes":2,
            "requests":[{"id":"r-1","user":"ada","nodes":2,"expires_at":"2026-11-27T20:00:00Z"}]}"#;
        let status: Status = json::read(text).unwrap();
        assert_eq!((status.ready, status.requests[0].nodes, status.ready_in_seconds), (2, 2, None));
    }
}
