//! For whom a request is: the peer, or whom a trusted proxy asks for.
//!
//! Always holds: what an untrusted peer says about itself is not believed. Proxies append, so that the address furthest
//! to the right which is not a trusted proxy's is the last that somebody trustworthy saw.

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::config::{HttpSettings, ProxyHeader};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are believed.
#[derive(Clone, Debug)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: ProxyHeader,
}

/// The address of a request's client, as an extension of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl Proxies {
    /// Those that the operator trusts.
    #[must_use]
    pub fn new(settings: &HttpSettings) -> Self {
        Self { trusted: settings.trusted_proxies.clone(), header: settings.proxy_header }
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn trust(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// The address of the client who sent a request with these headers through that peer.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trust(client) {
            return client;
        }
        for hop in self.hops(headers).into_iter().rev() {
            // What is no address hides who asked the proxy before.
            let Some(address) = hop else { return client };
            client = address;
            if !self.trust(client) {
                return client;
            }
        }
        client
    }

    /// For whom each proxy asked, in the order of the headers.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            ProxyHeader::XForwardedFor => (X_FORWARDED_FOR, address),
            ProxyHeader::Forwarded => (FORWARDED, forwarded_for),
        };
        let values = headers.get_all(name).into_iter();
        values.flat_map(|value| value.to_str().unwrap_or("?").split(',').map(read)).collect()
    }
}

/// An address, with or without a port and the brackets of IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let read = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    read.ok().map(|address: IpAddr| address.to_canonical())
}

/// The `for` of one element of a `Forwarded` header.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, value) = named.next()?;
    address(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{FORWARDED, HeaderValue};

    use super::{Proxies, X_FORWARDED_FOR};
    use crate::config::{HttpSettings, ProxyHeader};

    fn client(proxy_header: ProxyHeader, peer: &str, values: &[&'static str]) -> String {
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let proxies =
            Proxies::new(&HttpSettings { trusted_proxies, proxy_header, ..HttpSettings::default() });
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_static(value));
            headers.append(FORWARDED, HeaderValue::from_static(value));
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_last_hop_that_is_no_trusted_proxy_is_the_client() {
        let client = |peer, values: &[_]| client(ProxyHeader::XForwardedFor, peer, values);
        for (peer, values, expected) in [
            ("192.0.2.1", &["198.51.100.1"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.0.0.7"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1", "10.0.0.7"], "198.51.100.1"),
            ("10.0.0.1", &["10.0.0.8,10.0.0.7"], "10.0.0.8"),
            ("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.7"], "10.0.0.7"),
            ("10.0.0.1", &["203.0.113.9,"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("fd00::1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("fd00::1", &["2001:db8::1"], "2001:db8::1"),
        ] {
            assert_eq!(client(peer, values), expected, "{peer} {values:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_the_proxies_write_it() {
        let client = |peer, values: &[_]| client(ProxyHeader::Forwarded, peer, values);
        for (values, expected) in [
            (&["for=198.51.100.1"][..], "198.51.100.1"),
            (&["proto=https;For=\"[2001:db8::1]:4711\";by=10.0.0.1"], "2001:db8::1"),
            (&["for=203.0.113.9, for=198.51.100.1;proto=https", "for=10.0.0.7"], "198.51.100.1"),
            (&["for=203.0.113.9, for=_hidden"], "10.0.0.1"),
            (&["for=203.0.113.9, proto=https"], "10.0.0.1"),
            // A quoted comma breaks an element in two, neither of which is an address.
            (&["for=203.0.113.9;by=\"a,b\""], "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", values), expected, "{values:?}");
        }
    }
}
