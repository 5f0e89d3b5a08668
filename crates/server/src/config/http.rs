//! Connections, and the proxies that stand in front.

use ipnet::IpNet;

use super::section::settings;
use super::setting::{Given, Setting};

settings! {
    /// Connections, and the proxies that stand in front.
    pub struct HttpSettings {
        /// Networks of proxies such as `10.0.0.0/8` that are believed when they say for whom they ask.
        #[variable = "SLIDERULE_PS_HTTP_TRUSTED_PROXIES"]
        trusted_proxies: Vec<IpNet> = Vec::new(),
        /// The header in which they say it, to which each must append; the other one is not looked at:
        /// `x-forwarded-for` or `forwarded`.
        #[variable = "SLIDERULE_PS_HTTP_PROXY_HEADER"]
        proxy_header: ProxyHeader = ProxyHeader::XForwardedFor,
        /// Connections at once; also never more than half the files that the process may open.
        #[variable = "SLIDERULE_PS_HTTP_MAX_CONNECTIONS"]
        max_connections: u32 = 8192,
        /// Connections at once from one address, of IPv6 from one /64; trusted proxies may have all.
        #[variable = "SLIDERULE_PS_HTTP_MAX_CONNECTIONS_PER_ADDRESS"]
        max_connections_per_address: u32 = 512,
    }
}

impl HttpSettings {
    fn sensible(&self) -> Result<(), String> {
        if self.max_connections == 0 || self.max_connections_per_address == 0 {
            let why = "`http` needs `max_connections` and `max_connections_per_address` greater than 0";
            return Err(why.to_owned());
        }
        Ok(())
    }
}

impl Setting for IpNet {
    fn read(given: Given<'_>) -> Result<Self, String> {
        let network = given.text()?.trim().parse();
        network.map_err(|_| "it must be a network such as 10.0.0.0/8".to_owned())
    }

    fn written(&self) -> Option<String> {
        self.to_string().written()
    }
}

/// The header in which a proxy says for whom it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl Setting for ProxyHeader {
    fn read(given: Given<'_>) -> Result<Self, String> {
        match given.text()? {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err("it must be x-forwarded-for or forwarded".to_owned()),
        }
    }

    fn written(&self) -> Option<String> {
        let name = match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        };
        name.to_owned().written()
    }
}
