//! What a lease costs, and what a request may cost at most.
//!
//! Exact integer arithmetic: charges round up, refunds round down, so that giving back the unused part
//! of what was paid never gives back more than was taken.

use std::time::Duration;

use sliderule_api::MicroUsd;

use crate::cluster::{Moment, Terms};

const HOUR_MS: i128 = 3_600_000;

/// What a node costs for `duration` at the list price `node_hour`, rounded up to a whole micro-dollar.
#[must_use]
pub fn charge(node_hour: MicroUsd, duration: Duration) -> MicroUsd {
    let exact = milliseconds(duration).saturating_mul(i128::from(node_hour.0));
    amount(exact.saturating_add(HOUR_MS - 1).div_euclid(HOUR_MS))
}

/// What is paid before a node exists: its first lease and its tail.
#[must_use]
pub fn first_lease_price(node_hour: MicroUsd, terms: Terms) -> MicroUsd {
    charge(node_hour, terms.lease.saturating_add(terms.tail))
}

/// How many nodes the balance can begin; all of them if nodes cost nothing.
#[must_use]
pub fn affordable_nodes(balance: MicroUsd, node_hour: MicroUsd, terms: Terms) -> u32 {
    match (balance.0, first_lease_price(node_hour, terms).0) {
        (_, ..=0) => u32::MAX,
        (..0, _) => 0,
        (balance, price) => u32::try_from(balance / price).unwrap_or(u32::MAX),
    }
}

/// What a lease pull comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// How much time is charged; zero if what is paid already is enough.
    pub charged: Duration,
    /// Up to when the node is paid then.
    pub paid_until: Moment,
}

/// What a pull at `now` comes to for a node paid up to `paid_until`: nothing while at least half a lease is
/// paid ahead, else the time up to a whole lease from `now`.
///
/// The wall clock may have been set since the last pull. What it jumped over is neither charged nor given away: no
/// pull charges more than one lease, and none finds more than one lease paid ahead.
#[must_use]
pub fn extension(paid_until: Moment, now: Moment, lease: Duration) -> Extension {
    let whole = now.after(lease);
    if paid_until >= whole {
        Extension { charged: Duration::ZERO, paid_until: whole }
    } else if paid_until.since(now) >= lease / 2 {
        Extension { charged: Duration::ZERO, paid_until }
    } else {
        Extension { charged: whole.since(paid_until.max(now)), paid_until: whole }
    }
}

/// What is given back for a node seen gone at `gone_at`: the rest of its leases, which were paid from
/// `created_at` to `paid_until`, and of its tail, which was paid on top. Never more than a lease and a
/// tail, since no more is paid ahead, whatever the wall clock says.
#[must_use]
pub fn refund(
    node_hour: MicroUsd,
    created_at: Moment,
    paid_until: Moment,
    terms: Terms,
    gone_at: Moment,
) -> MicroUsd {
    let unused = paid_until.after(terms.tail).since(gone_at.max(created_at));
    let unused = unused.min(terms.lease.saturating_add(terms.tail));
    amount(milliseconds(unused).saturating_mul(i128::from(node_hour.0)).div_euclid(HOUR_MS))
}

/// What `nodes` nodes may cost at most over `time_to_live`, with one tail each.
///
/// Leases are charged one by one and each charge may round up, so one micro-dollar is added for every
/// lease there can be: they are renewed once less than half of one is left.
#[must_use]
pub fn request_cost(node_hour: MicroUsd, nodes: u32, time_to_live: Duration, terms: Terms) -> MicroUsd {
    if node_hour <= MicroUsd::ZERO {
        return MicroUsd::ZERO;
    }
    let one = charge(node_hour, time_to_live.saturating_add(terms.tail));
    let leases = 2 * milliseconds(time_to_live) / milliseconds(terms.lease).max(1) + 2;
    amount(i128::from(one.0).saturating_add(leases).saturating_mul(i128::from(nodes)))
}

fn milliseconds(duration: Duration) -> i128 {
    i128::try_from(duration.as_millis()).unwrap_or(i128::MAX)
}

fn amount(micros: i128) -> MicroUsd {
    let nearest = if micros < 0 { i64::MIN } else { i64::MAX };
    MicroUsd(i64::try_from(micros).unwrap_or(nearest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NODE_HOUR: MicroUsd = MicroUsd(226_000);

    #[test]
    fn an_hour_costs_the_list_price_and_a_moment_costs_something() {
        assert_eq!(charge(NODE_HOUR, Duration::from_secs(3600)), NODE_HOUR);
        assert_eq!(charge(NODE_HOUR, Duration::from_millis(1)), MicroUsd(1));
        assert_eq!(charge(NODE_HOUR, Duration::ZERO), MicroUsd::ZERO);
    }

    #[test]
    fn the_first_lease_pays_for_the_tail() {
        // 70 s of 226000 micro-dollars an hour are 4394.4…
        assert_eq!(first_lease_price(NODE_HOUR, Terms::LOCAL), MicroUsd(4_395));
        assert_eq!(affordable_nodes(MicroUsd(4_395 * 3 - 1), NODE_HOUR, Terms::LOCAL), 2);
        assert_eq!(affordable_nodes(MicroUsd(-1), NODE_HOUR, Terms::LOCAL), 0);
        assert_eq!(affordable_nodes(MicroUsd::ZERO, MicroUsd::ZERO, Terms::LOCAL), u32::MAX);
    }

    #[test]
    fn a_clock_that_is_set_gives_no_time_away_and_charges_none_that_nobody_had() {
        let (lease, hour) = (Duration::from_secs(60), 3_600_000);
        let pull = |paid_until, now| {
            let Extension { charged, paid_until } = extension(Moment(paid_until), Moment(now), lease);
            (charged.as_secs(), paid_until.0)
        };
        assert_eq!(pull(60_000, 30_000), (0, 60_000), "half a lease ahead is enough");
        assert_eq!(pull(60_000, 40_000), (40, 100_000));
        assert_eq!(pull(60_000, 60_000), (60, 120_000));
        assert_eq!(pull(60_000, hour), (60, hour + 60_000), "set forward: one lease from now");
        assert_eq!(pull(hour, 0), (0, 60_000), "set back: one lease, and then it costs again");
        assert_eq!(pull(60_000, 60_000 - hour), (0, 120_000 - hour));
    }

    #[test]
    fn a_clock_set_back_refunds_a_lease_and_a_tail_at_most() {
        let back = refund(NODE_HOUR, Moment(0), Moment(7_200_000), Terms::LOCAL, Moment(1_000));
        assert_eq!(back, MicroUsd(4_394));
    }

    #[test]
    fn absurd_prices_and_times_saturate() {
        assert_eq!(charge(MicroUsd(i64::MAX), Duration::MAX), MicroUsd(i64::MAX));
        assert_eq!(
            request_cost(MicroUsd(i64::MAX), u32::MAX, Duration::MAX, Terms::LOCAL),
            MicroUsd(i64::MAX)
        );
    }

    proptest! {
        #[test]
        fn paying_in_parts_never_costs_less_than_paying_at_once(
            price in 0i64..10_000_000, parts in prop::collection::vec(0u64..100_000_000, 0..20),
        ) {
            let whole = charge(MicroUsd(price), Duration::from_millis(parts.iter().sum()));
            let paid: MicroUsd = parts.iter().map(|&ms| charge(MicroUsd(price), Duration::from_millis(ms))).sum();
            prop_assert!(paid >= whole);
            prop_assert!(paid.0 - whole.0 <= i64::try_from(parts.len()).unwrap());
        }

        #[test]
        fn a_refund_never_exceeds_what_was_charged(
            price in 0i64..10_000_000, paid_ms in 0u32..100_000_000, tail_s in 0u64..1000, gone in -1000i64..200_000_000,
        ) {
            let terms = Terms { tail: Duration::from_secs(tail_s), ..Terms::LOCAL };
            let charged = charge(MicroUsd(price), Duration::from_millis(u64::from(paid_ms)) + terms.tail);
            let back = refund(MicroUsd(price), Moment(0), Moment(i64::from(paid_ms)), terms, Moment(gone));
            prop_assert!(MicroUsd::ZERO <= back && back <= charged);
        }

        /// The life of a node as `Store::renew_lease` charges it, seen gone within the tail.
        #[test]
        fn a_node_that_ends_with_its_request_costs_at_most_what_was_announced(
            price in 0i64..10_000_000, ttl_s in 60u64..50_000, pull_ms in 1_000u64..30_000, dying_ms in 0u64..10_000,
        ) {
            let (node_hour, terms, ttl) = (MicroUsd(price), Terms::LOCAL, Duration::from_secs(ttl_s));
            let mut paid_until = Moment(0).after(terms.lease);
            let mut charged = first_lease_price(node_hour, terms);
            let mut now = Moment(0);
            while now < Moment(0).after(ttl) {
                let extension = extension(paid_until, now, terms.lease);
                charged = charged + charge(node_hour, extension.charged);
                paid_until = extension.paid_until;
                now = now.after(Duration::from_millis(pull_ms));
            }
            let gone = Moment(0).after(ttl + Duration::from_millis(dying_ms));
            let cost = charged - refund(node_hour, Moment(0), paid_until, terms, gone);
            prop_assert!(cost <= request_cost(node_hour, 1, ttl, terms), "{cost} for {ttl_s} s");
        }
    }
}
