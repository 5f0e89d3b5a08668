//! Connections, and the proxies that stand in front.

use ipnet::IpNet;
use serde::Deserialize;

/// Connections, and the proxies that stand in front.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Networks of proxies such as `10.0.0.0/8` that are believed when they say for whom they ask.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they say it, to which each must append; the other one is not looked at.
    pub proxy_header: ProxyHeader,
    /// Connections at once; also never more than half the files that the process may open.
    pub max_connections: u32,
    /// Connections at once from one address, of IPv6 from one /64; trusted proxies may have all.
    pub max_connections_per_address: u32,
}

/// The header in which a proxy says for whom it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::XForwardedFor,
            max_connections: 8192,
            max_connections_per_address: 512,
        }
    }
}

impl HttpSettings {
    /// What is wrong with them.
    pub(super) fn sensible(&self) -> Result<(), &'static str> {
        if self.max_connections == 0 || self.max_connections_per_address == 0 {
            return Err("`http` needs `max_connections` and `max_connections_per_address` greater than 0");
        }
        Ok(())
    }
}
