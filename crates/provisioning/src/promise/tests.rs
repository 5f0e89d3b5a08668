use proptest::prelude::*;
use sliderule_api::MicroUsd;

use super::*;
use crate::cluster::NodeState;
use crate::samples::{cluster, clusters, node, request, seconds};

const TERMS: Terms = Terms::LOCAL;

fn free(cluster: &Cluster, now: Moment) -> Grains {
    books(cluster, now, TERMS).free()
}

#[test]
fn an_hour_of_three_nodes_promises_three_hours_three_tails_and_the_fixed_part_with_its_own() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 3, 3600)];
    let node = Grains::of(MicroUsd(226_000), Duration::from_secs(3610));
    let fixed = Grains::of(MicroUsd(153_000), Duration::from_secs(3610));
    assert_eq!(promised(&cluster, seconds(0), TERMS), node.times(3) + fixed);
}

#[test]
fn what_a_node_holds_is_not_promised_again() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 1, 100)];
    let before = books(&cluster, seconds(0), TERMS);
    cluster.nodes = vec![node("a", NodeState::Booting, 0)];
    cluster.fixed = Some(Meter::begin(seconds(0), seconds(60), Prices::LIST.fixed_hour));
    let after = books(&cluster, seconds(0), TERMS);
    assert_eq!(before.free(), after.free());
    assert_eq!(after.promised, Grains::of(MicroUsd(379_000), Duration::from_secs(40)));
}

#[test]
fn a_request_that_is_over_promises_nothing() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 3, 60)];
    assert_eq!(promised(&cluster, seconds(60), TERMS), Grains::ZERO);
}

/// The promise as the words say it, second by second.
fn naive(cluster: &Cluster, now: Moment) -> Grains {
    let node = |time| Grains::of(cluster.prices.node_hour, time);
    let fixed = |time| Grains::of(cluster.prices.fixed_hour, time);
    let second = Duration::from_secs(1);
    let wanted = |at| Demand::of(&cluster.requests, cluster.limits.max_nodes, at).now();
    let mut sum = Grains::ZERO;
    for at in (now.0 / 1000..200).map(seconds) {
        let leased = cluster.nodes.iter().filter(|node| at < node.meter.held_until).count();
        sum = sum + node(second).times(wanted(at).saturating_sub(u32::try_from(leased).unwrap()));
        let held = cluster.fixed.is_some_and(|meter| at < meter.held_until);
        sum = sum + if wanted(at) > 0 && !held { fixed(second) } else { Grains::ZERO };
    }
    let spent = |meter: &Meter| now.since(meter.held_until).min(TERMS.tail);
    let mut tails: Vec<Duration> = cluster.nodes.iter().map(|node| spent(&node.meter)).collect();
    tails.sort_unstable();
    tails.resize(tails.len().max(12), TERMS.tail);
    sum = sum + tails.into_iter().take(wanted(now) as usize).map(node).sum();
    if wanted(now) > 0 { sum + fixed(cluster.fixed.as_ref().map_or(TERMS.tail, spent)) } else { sum }
}

/// Charges everything up to `now`.
fn charge(cluster: &mut Cluster, now: Moment) {
    let balance = &mut cluster.account.balance;
    for meter in cluster.nodes.iter_mut().map(|node| &mut node.meter).chain(cluster.fixed.as_mut()) {
        let (after, charge) = meter.charge(now, TERMS.tail);
        (*meter, *balance) = (after, *balance - charge);
    }
}

/// Lets the fixed part last as long as the nodes; if its own lease and tail are over, it begins anew.
fn hold_fixed(cluster: &mut Cluster, now: Moment) {
    let held = cluster.nodes.iter().map(|node| node.meter.held_until).max().unwrap();
    cluster.fixed = Some(match cluster.fixed {
        Some(meter) if now < meter.paid_until(TERMS.tail) => {
            Meter { held_until: meter.held_until.max(held), ..meter }
        }
        _ => Meter::begin(now, held, cluster.prices.fixed_hour),
    });
}

proptest! {
    #[test]
    fn the_promise_is_what_the_words_say_second_by_second(cluster in clusters(), now in 0i64..200) {
        prop_assert_eq!(promised(&cluster, seconds(now), TERMS), naive(&cluster, seconds(now)));
    }

    #[test]
    fn time_alone_never_lessens_what_is_free(cluster in clusters(), now in 0i64..200_000, later in 0i64..20_000) {
        prop_assert!(free(&cluster, Moment(now + later)) >= free(&cluster, Moment(now)));
    }

    #[test]
    fn charging_leaves_what_is_free_as_it_is(mut cluster in clusters(), now in 0i64..200_000) {
        let before = free(&cluster, Moment(now));
        charge(&mut cluster, Moment(now));
        prop_assert_eq!(free(&cluster, Moment(now)), before);
    }

    #[test]
    fn launching_a_node_that_demand_lacks_does_not_lessen_what_is_free(
        mut cluster in clusters(), now in 0i64..200_000,
    ) {
        let now = Moment(now);
        charge(&mut cluster, now);
        let demand = Demand::of(&cluster.requests, cluster.limits.max_nodes, now);
        if let Some(end) = demand.wants_more_than(cluster.nodes.len()) {
            let before = free(&cluster, now);
            let mut new = node("new", NodeState::Booting, 0);
            new.meter = Meter::begin(now, end.min(now.after(TERMS.lease)), cluster.prices.node_hour);
            cluster.nodes.push(new);
            hold_fixed(&mut cluster, now);
            prop_assert!(free(&cluster, now) >= before);
        }
    }

    #[test]
    fn renewing_up_to_the_expiry_served_does_not_lessen_what_is_free(
        mut cluster in clusters(), now in 0i64..200_000, due in 0u64..60,
    ) {
        let now = Moment(now);
        let demand = Demand::of(&cluster.requests, cluster.limits.max_nodes, now);
        let before = free(&cluster, now);
        cluster.nodes.sort_by_key(|node| std::cmp::Reverse(node.meter.held_until));
        for (rank, node) in cluster.nodes.iter_mut().enumerate() {
            let ahead = node.meter.held_until.since(now);
            if let Some(end) = demand.wants_more_than(rank)
                && !ahead.is_zero() && ahead <= Duration::from_secs(due)
            {
                node.meter.held_until = node.meter.held_until.max(end.min(now.after(TERMS.lease)));
            }
        }
        if !cluster.nodes.is_empty() {
            charge(&mut cluster, now);
            hold_fixed(&mut cluster, now);
        }
        prop_assert!(free(&cluster, now) >= before);
    }

    #[test]
    fn a_node_gone_at_any_instant_does_not_lessen_what_is_free(
        mut cluster in clusters(), which in any::<prop::sample::Index>(), now in 0i64..200_000,
    ) {
        let now = Moment(now);
        while !cluster.nodes.is_empty() {
            let before = free(&cluster, now);
            charge(&mut cluster, now);
            cluster.nodes.remove(which.index(cluster.nodes.len()));
            if cluster.nodes.is_empty() {
                cluster.fixed = None;
            }
            prop_assert!(free(&cluster, now) >= before);
        }
    }
}
