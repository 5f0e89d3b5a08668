//! Where a node listens.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// The address a node registers: `http://ip:port`, nothing after it. Names are not taken, so that the
/// gateway never depends on a name server to reach its own nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeAddress(SocketAddr);

/// Text that is not the address of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the address of a node: give http://, an IP address, a colon and a port")]
pub struct InvalidAddress(String);

impl FromStr for NodeAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        text.strip_prefix("http://")
            .and_then(|authority| authority.parse().ok())
            .filter(|address: &SocketAddr| address.port() != 0)
            .map(Self)
            .ok_or_else(|| {
                InvalidAddress(text.chars().take(100).collect::<String>().escape_default().to_string())
            })
    }
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::NodeAddress;

    #[test]
    fn an_address_is_http_an_ip_and_a_port_and_reads_as_it_was_written() {
        for good in ["http://127.0.0.1:9081", "http://[::1]:80"] {
            assert_eq!(good.parse::<NodeAddress>().unwrap().to_string(), good);
        }
        for bad in
            ["", "127.0.0.1:9081", "http://localhost:9081", "https://127.0.0.1:1", "http://127.0.0.1:0"]
        {
            assert!(bad.parse::<NodeAddress>().is_err(), "{bad}");
        }
        assert!("http://127.0.0.1:1/path".parse::<NodeAddress>().is_err());
    }
}
