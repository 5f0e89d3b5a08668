use proptest::prelude::*;

use super::*;
use crate::samples::{after, cluster, clusters, seconds};
use crate::size::{BOOTS_TO_PROTECT, block, size};
use crate::time::Terms;

const TERMS: Terms = Terms::LOCAL;

fn policy() -> Policy {
    Policy::usual(TERMS)
}

fn free(cluster: &Cluster, now: Moment) -> Grains {
    books(cluster, now, TERMS).free()
}

/// Clusters, and an order for each: of one of three users, for what they have or what is new, up to ten minutes long.
fn orders() -> impl Strategy<Value = (Cluster, Order)> {
    let place = (0u32..12, 1i64..600, any::<bool>(), "[abc]").prop_map(|(nodes, end, replace, user)| {
        let wish = Wish::Place { id: "new".parse().unwrap(), nodes, until: seconds(end), replace };
        Order { user: user.parse().unwrap(), wish, key: None }
    });
    let changes = (
        any::<prop::sample::Index>(),
        prop::option::of(0u32..12),
        prop::option::of(1i64..600),
        any::<bool>(),
    );
    (clusters(), place, prop::option::of(changes)).prop_map(|(cluster, place, changes)| {
        let altered =
            changes.filter(|_| !cluster.requests.is_empty()).map(|(index, nodes, until, shorten)| {
                let Request { id, user, .. } = cluster.requests[index.index(cluster.requests.len())].clone();
                Order { user, wish: Wish::Alter { id, nodes, until: until.map(seconds), shorten }, key: None }
            });
        (cluster, altered.unwrap_or(place))
    })
}

proptest! {
    #[test]
    fn after_a_grant_free_money_is_not_negative_or_no_less_than_before(
        (cluster, wanted) in orders(), now in 0i64..100,
    ) {
        let now = seconds(now);
        if let Ok(step) = order(&cluster, &wanted, now, &policy()) {
            let granted = after(&cluster, &step.changes);
            let (was, is) = (free(&cluster, now), free(&granted, now));
            prop_assert!(is >= Grains::ZERO || is >= was);
            prop_assert_eq!(step.answer.cost, (was - is).ceil().max(MicroUsd::ZERO));
            prop_assert_eq!(step.answer.sizing, size(&granted, now, TERMS));
            prop_assert!(granted.requests.iter().all(|open| now < open.expires_at || open.id == step.answer.request.id));
        }
    }

    #[test]
    fn an_order_is_granted_if_there_is_just_the_money_and_refused_if_a_micro_dollar_is_missing(
        (cluster, wanted) in orders(), now in 0i64..100,
    ) {
        let now = seconds(now);
        let mut cluster = Cluster { failed_boots: 0, ..cluster };
        cluster.account.balance = MicroUsd(1_000_000_000);
        if let Ok(step) = order(&cluster, &wanted, now, &policy()) {
            let spare = free(&after(&cluster, &step.changes), now).floor();
            cluster.account.balance = cluster.account.balance - spare;
            let again = order(&cluster, &wanted, now, &policy());
            prop_assert_eq!(again.map(|step| step.answer.cost), Ok(step.answer.cost));
            cluster.account.balance = cluster.account.balance - MicroUsd(1);
            let short = order(&cluster, &wanted, now, &policy());
            prop_assert_eq!(short.is_ok(), step.answer.cost == MicroUsd::ZERO);
        }
    }

    #[test]
    fn an_estimate_is_the_answer_to_the_order_itself((cluster, wanted) in orders(), now in 0i64..100) {
        let now = seconds(now);
        let estimated = estimate(&cluster, &wanted, now, &policy());
        match order(&cluster, &wanted, now, &policy()) {
            Ok(step) => {
                let places = step.changes.iter().find_map(|change| match change {
                    Change::Place { request, cost } => Some((request.clone(), *cost)),
                    _ => None,
                });
                let estimated = estimated.unwrap();
                let placed = estimated.is_new.then_some((estimated.request.clone(), estimated.cost));
                prop_assert_eq!(places, placed);
                prop_assert_eq!(estimated, step.answer);
            }
            Err(refusal) => prop_assert_eq!(estimated, Err(refusal)),
        }
    }

    #[test]
    fn what_asks_for_no_more_is_never_refused(
        cluster in clusters(), less in 0u32..8, sooner in 0i64..200, block in 0u8..4,
    ) {
        let mut cluster = Cluster { suspended: block == 1, paused: block == 2, ..cluster };
        cluster.failed_boots = if block == 3 { BOOTS_TO_PROTECT } else { 0 };
        let live = |known: &&Request| known.expires_at > seconds(0) && known.nodes > 0;
        for known in cluster.requests.iter().filter(live) {
            let (nodes, until) = (known.nodes.saturating_sub(less), seconds(sooner).min(known.expires_at));
            let wish = Wish::Alter { id: known.id.clone(), nodes: Some(nodes), until: Some(until), shorten: true };
            let wanted = Order { user: known.user.clone(), wish, key: None };
            prop_assert!(order(&cluster, &wanted, seconds(0), &policy()).is_ok());
        }
    }

    #[test]
    fn what_a_refusal_says_would_fit_is_granted_when_asked_and_one_more_is_refused(
        cluster in clusters(), nodes in 1u32..12, minutes in 1u32..10, replace in any::<bool>(), now in 0i64..100,
    ) {
        let now = seconds(now);
        let asked = |nodes: u32, minutes: u32| {
            let until = Moment(now.0 + i64::from(minutes) * 60_000);
            let wish = Wish::Place { id: "new".parse().unwrap(), nodes, until, replace };
            order(&cluster, &Order { user: "a".parse().unwrap(), wish, key: None }, now, &policy())
        };
        if let Err(Refusal::InsufficientFunds { fits, .. }) = asked(nodes, minutes) {
            for (fewer, shorter) in fits {
                let granted = asked(fewer, shorter);
                prop_assert!(granted.is_ok_and(|step| step.answer.request.nodes == fewer));
                let one_more = if shorter == minutes { (fewer + 1, shorter) } else { (fewer, shorter + 1) };
                prop_assert!(asked(one_more.0, one_more.1).is_err());
            }
        }
    }

    #[test]
    fn money_alone_refuses_with_its_own_refusal((cluster, wanted) in orders(), now in 0i64..100) {
        let now = seconds(now);
        prop_assume!(block(&cluster, now, TERMS).is_none_or(|block| block == Block::OutOfFunds));
        let refusal = order(&cluster, &wanted, now, &policy()).err();
        prop_assert!(!matches!(refusal, Some(Refusal::Blocked(..))));
    }

    #[test]
    fn of_a_sleeping_cluster_the_runway_is_the_longest_grant(balance in 0i64..3_000_000, nodes in 1u32..10) {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(balance);
        let lasting = runway(&cluster, nodes, seconds(0), &policy()).minutes.unwrap();
        let granted = |minutes: u32| {
            let until = seconds(i64::from(minutes) * 60);
            let wish = Wish::Place { id: "new".parse().unwrap(), nodes, until, replace: false };
            order(&cluster, &Order { user: "a".parse().unwrap(), wish, key: None }, seconds(0), &policy()).is_ok()
        };
        prop_assert!(lasting == 0 || granted(lasting));
        prop_assert!(!granted(lasting + 1));
    }
}

#[test]
fn of_a_thousand_members_who_each_add_a_node_exactly_as_many_are_granted_as_the_budget_pays_for() {
    let lasting = std::time::Duration::from_secs(3600) + TERMS.tail;
    for paid in [0u32, 1, 500] {
        let mut cluster = cluster();
        cluster.limits.max_nodes = 1000;
        let price = Grains::of(cluster.prices.node_hour, lasting).times(paid);
        let fixed = Grains::of(cluster.prices.fixed_hour, lasting);
        cluster.account.balance = (price + fixed).ceil();
        let mut granted = 0;
        for member in 0..1000 {
            let wish = Wish::Place {
                id: format!("r{member}").parse().unwrap(),
                nodes: 1,
                until: seconds(3600),
                replace: false,
            };
            let wanted = Order { user: format!("u{member}").parse().unwrap(), wish, key: None };
            if let Ok(step) = order(&cluster, &wanted, seconds(0), &policy()) {
                cluster = after(&cluster, &step.changes);
                granted += 1;
            }
        }
        assert_eq!(granted, paid);
        assert_eq!(size(&cluster, seconds(0), TERMS).target, paid);
    }
}
