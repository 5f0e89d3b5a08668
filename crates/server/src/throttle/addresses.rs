//! So many requests from one network: a burst, and then one every so often (GCRA, the leaky bucket as a meter).
//!
//! A crate for this exists (governor). It reads the clock itself and its number of keys has no bound, so that whoever
//! has a /32 of IPv6 could fill our memory; the arithmetic is four lines.

use std::time::Duration;

use sliderule_provisioning::time::Moment;

use super::recent::Recent;
use super::{Network, Wait};

/// Networks that are remembered; twice as many for a while.
const GENERATION: usize = 32_768;

/// Counts the requests of every network.
#[derive(Debug)]
pub struct Addresses {
    /// Microseconds that one request takes up.
    each: i64,
    /// Microseconds of requests that may come at once.
    burst: i64,
    /// Until when the requests of a network take up its time, in microseconds since 1970.
    taken: Recent<Network, i64>,
}

impl Addresses {
    /// Admits so many requests at once, and so many a second for ever. A rate of 0 is one of 1.
    #[must_use]
    pub fn new(burst: u32, per_second: u32) -> Self {
        let each = 1_000_000 / i64::from(per_second.clamp(1, 1_000_000));
        Self { each, burst: each.saturating_mul(i64::from(burst.max(1))), taken: Recent::new(GENERATION) }
    }

    /// Admits a request, or says how long to wait. What is refused is not counted.
    ///
    /// # Errors
    /// The network has sent too many.
    pub fn admit(&mut self, network: Network, now: Moment) -> Result<(), Wait> {
        let now = now.0.saturating_mul(1000);
        let taken = self.taken.get(network).copied().unwrap_or_default().max(now);
        let then = taken.saturating_add(self.each);
        let too_much = then.saturating_sub(now).saturating_sub(self.burst);
        match u64::try_from(too_much) {
            Ok(microseconds @ 1..) => Err(Wait(Duration::from_micros(microseconds))),
            _ => {
                *self.taken.touch(network) = then;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};
    use std::time::Duration;

    use proptest::prelude::*;
    use sliderule_provisioning::time::Moment;

    use super::{Addresses, GENERATION};
    use crate::throttle::Network;

    fn network(number: u64) -> Network {
        Network::of(IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64)))
    }

    #[test]
    fn after_a_burst_so_many_a_second_are_admitted() {
        let mut addresses = Addresses::new(60, 2);
        let begun = Moment(1_800_000_000_000);
        for _ in 0..60 {
            addresses.admit(network(1), begun).unwrap();
        }
        let wait = addresses.admit(network(1), begun).unwrap_err();
        assert_eq!((wait.0, wait.seconds()), (Duration::from_millis(500), 1));
        addresses.admit(network(2), begun).unwrap();
        addresses.admit(network(1), begun.after(wait.0)).unwrap();
        assert!(addresses.admit(network(1), begun.after(wait.0)).is_err());
    }

    #[test]
    fn whoever_has_any_number_of_networks_fills_no_memory() {
        let mut addresses = Addresses::new(1, 1);
        for number in 0..200_000 {
            addresses.admit(network(number), Moment(0)).unwrap();
        }
        assert!(addresses.taken.len() <= 2 * GENERATION);
    }

    proptest! {
        #[test]
        fn whatever_is_tried_no_more_than_burst_and_rate_is_admitted_and_a_wait_is_enough(
            burst in 1u32..100,
            rate in 1u32..200,
            pauses in prop::collection::vec(0i64..2_000, 1..300),
        ) {
            let mut addresses = Addresses::new(burst, rate);
            let (mut now, mut admitted) = (Moment(0), 0.0);
            for pause in pauses {
                now = Moment(now.0 + pause);
                match addresses.admit(network(1), now) {
                    Ok(()) => admitted += 1.0,
                    Err(wait) => {
                        // Moments are whole milliseconds.
                        now = now.after(wait.0 + Duration::from_millis(1));
                        prop_assert!(addresses.admit(network(1), now).is_ok());
                        admitted += 1.0;
                    }
                }
                #[expect(clippy::cast_precision_loss, reason = "a few minutes")]
                let seconds = now.0 as f64 / 1000.0;
                prop_assert!(admitted <= f64::from(burst) + seconds * f64::from(rate) * 1.001 + 1.0);
            }
        }
    }
}
