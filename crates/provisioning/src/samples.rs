//! Clusters to test with.

use sliderule_api::MicroUsd;

use crate::cluster::{Cluster, Limits, Moment, Node, NodeState, Request};

/// A cluster of at most ten nodes with plenty of money, no request and no node.
pub(crate) fn cluster() -> Cluster {
    Cluster {
        organization: "acme".parse().unwrap(),
        limits: Limits { min_nodes: 0, max_nodes: 10 },
        version: "v4.0.4".parse().unwrap(),
        is_public: false,
        suspended: false,
        paused: false,
        failed_boots: 0,
        requests: Vec::new(),
        nodes: Vec::new(),
        balance: MicroUsd(25_000_000),
        node_hour: MicroUsd(226_000),
    }
}

/// `user` wants `nodes` until `expires_at` seconds.
pub(crate) fn request(user: &str, nodes: u32, expires_at: i64) -> Request {
    Request {
        id: format!("{user}-{nodes}-{expires_at}").parse().unwrap(),
        user: user.parse().unwrap(),
        nodes,
        expires_at: seconds(expires_at),
    }
}

/// A node recorded at `created_at` seconds and paid for a minute.
pub(crate) fn node(id: &str, state: NodeState, created_at: i64) -> Node {
    Node {
        id: id.parse().unwrap(),
        state,
        version: "v4.0.4".parse().unwrap(),
        address: Some(format!("http://127.0.0.1:9000/{id}")),
        created_at: seconds(created_at),
        paid_until: seconds(created_at + 60),
    }
}

/// The instant that many seconds after the beginning.
pub(crate) fn seconds(seconds: i64) -> Moment {
    Moment(seconds * 1000)
}
