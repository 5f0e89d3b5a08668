//! What the engine listed, sorted by whose it is.

use std::collections::BTreeMap;
use std::time::Duration;

use sliderule_api::{NodeId, OrganizationName};
use sliderule_engines::{ListedNode, Listing};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::look::{Seen, Sight};
use sliderule_provisioning::time::Moment;

/// What the engine listed.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    as_of: Moment,
    named: BTreeMap<OrganizationName, BTreeMap<NodeId, Seen>>,
    /// Nodes of which the engine cannot say whose they are.
    unnamed: BTreeMap<NodeId, Seen>,
    /// Whether nothing was listed, and everything recorded is taken to exist.
    blind: bool,
}

impl Listed {
    /// Sorts a listing that was asked for at `asked`.
    pub(crate) fn new(listing: Listing, asked: Moment) -> Self {
        let mut listed = Self {
            as_of: before(asked, listing.age),
            named: BTreeMap::new(),
            unnamed: BTreeMap::new(),
            blind: false,
        };
        for ListedNode { id, organization, has_runner, .. } in listing.nodes {
            let seen = if has_runner { Seen::Leased } else { Seen::Unleased };
            match organization {
                Some(organization) => listed.named.entry(organization).or_default().insert(id, seen),
                None => listed.unnamed.insert(id, seen),
            };
        }
        listed
    }

    /// Without a listing: nothing is believed gone, and nothing is known to live.
    pub(crate) fn blind() -> Self {
        Self { as_of: Moment(i64::MIN), named: BTreeMap::new(), unnamed: BTreeMap::new(), blind: true }
    }

    /// Nothing that changed before this instant is missing.
    pub(crate) fn as_of(&self) -> Moment {
        self.as_of
    }

    /// Whether there was no listing.
    pub(crate) fn is_blind(&self) -> bool {
        self.blind
    }

    /// The cluster's part. A node of which the engine cannot say whose it is belongs to whoever has a record of it.
    pub(crate) fn sight(&self, cluster: &Cluster) -> Sight {
        let recorded = cluster.nodes.iter().map(|node| &node.id);
        let mut nodes = self.named.get(&cluster.organization).cloned().unwrap_or_default();
        if self.blind {
            nodes.extend(recorded.map(|id| (id.clone(), Seen::Leased)));
        } else {
            nodes.extend(recorded.filter_map(|id| Some((id.clone(), *self.unnamed.get(id)?))));
        }
        Sight { as_of: self.as_of, nodes }
    }

    /// Every organization that a node was listed for.
    pub(crate) fn organizations(&self) -> impl Iterator<Item = &OrganizationName> {
        self.named.keys()
    }

    /// The nodes listed for an organization.
    pub(crate) fn of(&self, organization: &OrganizationName) -> impl Iterator<Item = &NodeId> {
        self.named.get(organization).into_iter().flat_map(BTreeMap::keys)
    }

    /// The nodes listed for any organization.
    pub(crate) fn named(&self) -> impl Iterator<Item = &NodeId> {
        self.named.values().flat_map(BTreeMap::keys)
    }

    /// The nodes listed for none.
    pub(crate) fn unnamed(&self) -> impl Iterator<Item = &NodeId> {
        self.unnamed.keys()
    }
}

fn before(moment: Moment, duration: Duration) -> Moment {
    Moment(moment.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use sliderule_provisioning::cluster::Node;
    use sliderule_provisioning::meter::Meter;

    use super::*;
    use crate::conformance::blank;

    fn listing(nodes: &[(&str, Option<&str>, bool)]) -> Listing {
        let node = |&(id, organization, has_runner): &(&str, Option<&str>, bool)| ListedNode {
            id: id.parse().unwrap(),
            organization: organization.map(|name| name.parse().unwrap()),
            address: None,
            has_runner,
        };
        Listing { age: Duration::from_secs(300), nodes: nodes.iter().map(node).collect() }
    }

    fn cluster_with(nodes: &[&str]) -> Cluster {
        let node = |id: &&str| Node {
            id: id.parse().unwrap(),
            state: sliderule_provisioning::cluster::NodeState::Ready,
            version: "v4.0.4".parse().unwrap(),
            address: None,
            ready_at: None,
            meter: Meter::begin(Moment(0), Moment(0), sliderule_api::MicroUsd(1)),
        };
        Cluster { nodes: nodes.iter().map(node).collect(), ..blank(&"acme".parse().unwrap()) }
    }

    #[test]
    fn a_cluster_sees_what_is_its_own_as_of_when_it_was_true() {
        let nodes = [
            ("a", Some("acme"), true),
            ("b", None, false),
            ("c", None, true),
            ("stray", Some("acme"), true),
            ("z", Some("zebra"), true),
        ];
        let listed = Listed::new(listing(&nodes), Moment(1_000_000));
        let sight = listed.sight(&cluster_with(&["a", "b", "gone"]));
        assert_eq!(sight.as_of, Moment(700_000));
        let expected = [("a", Seen::Leased), ("b", Seen::Unleased), ("stray", Seen::Leased)];
        assert_eq!(sight.nodes, expected.map(|(id, seen)| (id.parse().unwrap(), seen)).into());
    }

    #[test]
    fn without_a_listing_everything_recorded_is_taken_to_exist_and_nothing_to_have_been_seen() {
        let sight = Listed::blind().sight(&cluster_with(&["a", "b"]));
        assert_eq!((sight.as_of, sight.nodes.len()), (Moment(i64::MIN), 2));
    }
}
