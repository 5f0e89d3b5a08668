//! Clusters to test with.

use proptest::prelude::*;
use sliderule_api::MicroUsd;

use crate::account::{Account, Prices};
use crate::change::Change;
use crate::cluster::{Cluster, Limits, Node, NodeState, Request};
use crate::meter::Meter;
use crate::time::Moment;

/// A cluster of at most ten nodes with 25 dollars, no request and no node.
pub(crate) fn cluster() -> Cluster {
    let money = MicroUsd(25_000_000);
    Cluster {
        organization: "acme".parse().unwrap(),
        limits: Limits { min_nodes: 0, max_nodes: 10, per_user: None },
        node_cap: 10,
        version: "v4.0.4".parse().unwrap(),
        is_public: false,
        suspended: false,
        paused: false,
        failed_boots: 0,
        failed_round: None,
        trouble: None,
        prices: Prices::LIST,
        requests: Vec::new(),
        nodes: Vec::new(),
        fixed: None,
        account: Account { balance: money, credited: money, ..Account::default() },
    }
}

/// `user` wants `nodes` from the beginning until `expires_at` seconds.
pub(crate) fn request(user: &str, nodes: u32, expires_at: i64) -> Request {
    Request {
        id: format!("{user}-{nodes}-{expires_at}").parse().unwrap(),
        user: user.parse().unwrap(),
        nodes,
        created_at: seconds(0),
        expires_at: seconds(expires_at),
    }
}

/// A node recorded at `began_at` seconds and held for a minute.
pub(crate) fn node(id: &str, state: NodeState, began_at: i64) -> Node {
    Node {
        id: id.parse().unwrap(),
        state,
        version: "v4.0.4".parse().unwrap(),
        address: Some(format!("http://127.0.0.1:9000/{id}")),
        ready_at: (state != NodeState::Booting).then(|| seconds(began_at + 1)),
        meter: Meter::begin(seconds(began_at), seconds(began_at + 60), Prices::LIST.node_hour),
    }
}

/// The instant that many seconds after the beginning.
pub(crate) fn seconds(seconds: i64) -> Moment {
    Moment(seconds * 1000)
}

/// Up to a dozen requests of three users that end within so many seconds; some are for nothing, some are long over.
pub(crate) fn requests(within: i64) -> impl Strategy<Value = Vec<Request>> {
    let one = ("[abc]", 0u32..8, 0..within).prop_map(|(user, nodes, end)| request(&user, nodes, end));
    prop::collection::vec(one, 0..12).prop_map(|mut requests| {
        requests.sort_by(|a, b| (a.expires_at, &a.id).cmp(&(b.expires_at, &b.id)));
        requests.dedup_by(|a, b| a.id == b.id);
        requests
    })
}

/// Clusters in any state that can come about by the beginning, at the list's prices: requests that end within 200
/// seconds, up to five nodes of which some have outlived their leases, and any balance.
pub(crate) fn clusters() -> impl Strategy<Value = Cluster> {
    let one = (prop::sample::select(&STATES), 0i64..80, -30i64..60, 0u32..3_600_000);
    let nodes = prop::collection::vec(one, 0..6);
    let limits = (0u32..4, 1u32..12, prop::option::of(1u32..8));
    (requests(200), nodes, limits, -20_000i64..60_000).prop_map(|(requests, nodes, limits, balance)| {
        let mut cluster = Cluster { requests, ..cluster() };
        cluster.limits =
            Limits { min_nodes: limits.0.min(limits.1), max_nodes: limits.1, per_user: limits.2 };
        cluster.account.balance = MicroUsd(balance);
        for (index, (state, age, held, carry)) in nodes.into_iter().enumerate() {
            let mut new = node(&format!("n{index}"), state, -age - 1);
            new.meter.held_until = seconds(held.max(-age));
            (new.meter.charged_until, new.meter.carry) = (seconds(-age / 2 - 1), carry);
            cluster.nodes.push(new);
        }
        cluster.nodes.sort_by(|a, b| (a.meter.began_at, &a.id).cmp(&(b.meter.began_at, &b.id)));
        let held = cluster.nodes.iter().map(|node| node.meter.held_until).max();
        let began = cluster.nodes.first().map(|node| node.meter.began_at);
        cluster.fixed =
            began.zip(held).map(|(began, held)| Meter::begin(began, held, Prices::LIST.fixed_hour));
        cluster
    })
}

const STATES: [NodeState; 4] =
    [NodeState::Booting, NodeState::Ready, NodeState::Draining, NodeState::Stopping];

/// The cluster after the changes; it breaks a test if they break a rule.
pub(crate) fn after(cluster: &Cluster, changes: &[Change]) -> Cluster {
    let mut after = cluster.clone();
    for change in changes {
        after.apply(change).unwrap();
    }
    after
}
