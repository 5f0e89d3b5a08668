//! Who pays: nodes that are shared are paid by those who asked for them.
//!
//! Each reservation names its payers, in proportion to their part of demand when it is made; what the minimum adds to
//! demand stands on the organization's own line. What a reservation comes to is split by largest remainder, so that
//! the parts always sum to the whole.

use sliderule_api::{MicroUsd, UserName};

use crate::account::Payer;
use crate::cluster::Cluster;
use crate::demand::shares;
use crate::time::Moment;

/// Who pays for what is held from `now` on by a cluster that shall have `target` nodes, of which live requests ask for
/// `demand`. Where nothing is wanted any more, those pay on who paid so far: it is their nodes that are still ending.
#[must_use]
pub fn payers(cluster: &Cluster, target: u32, demand: u32, now: Moment, so_far: &[Payer]) -> Vec<Payer> {
    let own = Payer { user: None, weight: u64::from(target.saturating_sub(demand)) };
    let users = shares(&cluster.requests, now);
    let users =
        users.into_iter().map(|share| Payer { user: Some(share.user), weight: u64::from(share.nodes) });
    let payers: Vec<Payer> = std::iter::once(own).chain(users).filter(|payer| payer.weight > 0).collect();
    match (payers.is_empty(), so_far.is_empty()) {
        (false, _) => payers,
        (true, false) => so_far.to_vec(),
        (true, true) => vec![Payer { user: None, weight: 1 }],
    }
}

/// Splits `amount`, which is not negative, among `payers` in proportion to their weights. What does not divide goes a
/// micro-dollar each to the largest remainders; among equals to whoever stands first.
#[must_use]
pub fn split(amount: MicroUsd, payers: &[Payer]) -> Vec<(Option<UserName>, MicroUsd)> {
    let whole = u128::from(amount.0.unsigned_abs());
    let weights: u128 = payers.iter().map(|payer| u128::from(payer.weight)).sum();
    if weights == 0 {
        return vec![(None, amount)];
    }
    let mut parts: Vec<(usize, u128, u128)> = payers
        .iter()
        .enumerate()
        .map(|(at, payer)| {
            let share = whole * u128::from(payer.weight);
            (at, share / weights, share % weights)
        })
        .collect();
    let given: u128 = parts.iter().map(|&(_, part, _)| part).sum();
    let left = usize::try_from(whole - given).unwrap_or(usize::MAX);
    parts.sort_by_key(|&(at, _, remainder)| (std::cmp::Reverse(remainder), at));
    for (_, part, _) in parts.iter_mut().take(left) {
        *part += 1;
    }
    parts.sort_by_key(|&(at, _, _)| at);
    let amounts = parts.into_iter().map(|(_, part, _)| MicroUsd(i64::try_from(part).unwrap_or(i64::MAX)));
    payers.iter().map(|payer| payer.user.clone()).zip(amounts).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{cluster, request, seconds};

    fn payer(user: &str, weight: u64) -> Payer {
        Payer { user: (!user.is_empty()).then(|| user.parse().unwrap()), weight }
    }

    #[test]
    fn users_pay_for_their_part_of_demand_and_the_organization_for_what_the_minimum_adds() {
        let mut cluster = cluster();
        cluster.requests = vec![request("ada", 2, 50), request("ada", 1, 90), request("bob", 1, 50)];
        assert_eq!(payers(&cluster, 3, 3, seconds(0), &[]), [payer("ada", 2), payer("bob", 1)]);
        assert_eq!(payers(&cluster, 4, 1, seconds(60), &[]), [payer("", 3), payer("ada", 1)]);
    }

    #[test]
    fn nodes_that_are_still_ending_are_paid_by_who_asked_for_them() {
        let so_far = [payer("ada", 2)];
        assert_eq!(payers(&cluster(), 0, 0, seconds(0), &so_far), so_far);
        assert_eq!(payers(&cluster(), 0, 0, seconds(0), &[]), [payer("", 1)]);
    }

    #[test]
    fn the_largest_remainder_gets_what_does_not_divide() {
        let parts = |amount, payers: &[Payer]| -> Vec<i64> {
            split(MicroUsd(amount), payers).into_iter().map(|(_, part)| part.0).collect()
        };
        assert_eq!(parts(100, &[payer("a", 1), payer("b", 1), payer("c", 1)]), [34, 33, 33]);
        assert_eq!(parts(10, &[payer("a", 1), payer("b", 6)]), [1, 9]);
        assert_eq!(parts(0, &[payer("a", 1), payer("b", 6)]), [0, 0]);
        assert_eq!(parts(7, &[]), [7]);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_are_within_one_of_what_is_fair(
            amount in 0i64..=i64::MAX, weights in prop::collection::vec(0u64..1000, 1..40),
        ) {
            let payers: Vec<Payer> = weights.iter().map(|&weight| payer("x", weight)).collect();
            let parts = split(MicroUsd(amount), &payers);
            prop_assert_eq!(parts.iter().map(|(_, part)| i128::from(part.0)).sum::<i128>(), i128::from(amount));
            let all: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
            if all > 0 {
                for ((_, part), weight) in parts.iter().zip(weights) {
                    let exact = i128::from(amount) * i128::from(weight);
                    prop_assert!((i128::from(part.0) * all - exact).abs() < all);
                }
            }
        }
    }
}
