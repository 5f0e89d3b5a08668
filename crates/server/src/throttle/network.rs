//! Where requests come from, as it is counted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address, or the /64 of an IPv6 address: one customer has all addresses of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(first_bits(address, 64)),
        })
    }

    /// What it is a part of: a /16 of IPv4, a /32 of IPv6, as providers have them. Whoever has many networks has
    /// them in few of these.
    #[must_use]
    pub fn region(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(address) => {
                let [first, second, ..] = address.octets();
                IpAddr::V4(Ipv4Addr::new(first, second, 0, 0))
            }
            IpAddr::V6(address) => IpAddr::V6(first_bits(address, 32)),
        }
    }
}

fn first_bits(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits)))
}

#[cfg(test)]
mod tests {
    use super::Network;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn a_customer_is_one_network_however_many_addresses_they_have() {
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:2:ffff::4"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:1:3::3"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    }

    #[test]
    fn a_region_is_what_a_provider_has() {
        assert_eq!(network("192.0.2.1").region(), network("192.0.200.9").region());
        assert_ne!(network("192.0.2.1").region(), network("192.1.2.1").region());
        assert_eq!(network("2001:db8:1::").region(), network("2001:db8:ffff::").region());
        assert_ne!(network("2001:db8::").region(), network("2001:db9::").region());
    }
}
