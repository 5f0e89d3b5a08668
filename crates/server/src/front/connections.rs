//! How many connections there may be: in all, and from one network.
//!
//! A connection costs memory and a file, whatever is sent over it. One that is too many is closed at once, before TLS.
//! Trusted proxies bring everybody's requests; they are only counted in all.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tower_http::add_extension::AddExtension;

use crate::config::HttpSettings;
use crate::http::proxies::Proxies;
use crate::throttle::Network;

/// Accepts connections as long as there are not too many. A clone counts the same ones.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    open: Arc<Mutex<Open>>,
    proxies: Arc<Proxies>,
    most: u32,
    most_of_one: u32,
}

#[derive(Debug, Default)]
struct Open {
    all: u32,
    of_networks: HashMap<Network, u32>,
}

/// One of the connections there may be; a request of it holds it too.
#[derive(Debug)]
pub(super) struct Place {
    open: Arc<Mutex<Open>>,
    network: Option<Network>,
}

impl Connections {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        Self {
            open: Arc::default(),
            proxies: Arc::new(Proxies::new(settings)),
            most: settings.max_connections.min(half_of_the_files()),
            most_of_one: settings.max_connections_per_address,
        }
    }

    /// A place for a connection from that address, if there is one.
    fn take(&self, peer: IpAddr) -> Option<Place> {
        let network = (!self.proxies.trust(peer)).then(|| Network::of(peer));
        let mut open = lock(&self.open);
        if open.all >= self.most {
            return None;
        }
        if let Some(network) = network {
            let of_network = open.of_networks.entry(network).or_default();
            if *of_network >= self.most_of_one {
                return None;
            }
            *of_network += 1;
        }
        open.all += 1;
        drop(open);
        Some(Place { open: Arc::clone(&self.open), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all = open.all.saturating_sub(1);
        let Some(network) = self.network else { return };
        if let Some(of_network) = open.of_networks.get_mut(&network) {
            *of_network -= 1;
            if *of_network == 0 {
                open.of_networks.remove(&network);
            }
        }
    }
}

impl<S> Accept<TcpStream, S> for Connections {
    type Stream = TcpStream;
    type Service = AddExtension<S, Arc<Place>>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    /// The service lives as long as its connection, and has the place.
    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = stream.peer_addr().map(|peer| self.take(peer.ip()));
        ready(match place {
            Ok(Some(place)) => Ok((stream, AddExtension::new(service, Arc::new(place)))),
            Ok(None) => Err(io::ErrorKind::ConnectionRefused.into()),
            Err(error) => Err(error),
        })
    }
}

/// Every connection may need another one to a node, and the database needs some.
fn half_of_the_files() -> u32 {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    files.map_or(u32::MAX, |files| u32::try_from(files / 2).unwrap_or(u32::MAX))
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Connections, HttpSettings, lock};

    #[test]
    fn one_network_has_so_many_and_all_together_too_and_a_proxy_as_many_as_there_are() {
        let connections = Connections::new(&HttpSettings {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            max_connections: 5,
            max_connections_per_address: 2,
            ..HttpSettings::default()
        });
        let take = |address: &str| connections.take(address.parse().unwrap());
        let (one, two) = (take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap());
        assert!(take("2001:db8::3").is_none());
        drop(one);
        let three = take("2001:db8::3").unwrap();
        let proxies: Vec<_> = (0..3).map(|_| take("10.0.0.1").unwrap()).collect();
        assert!(take("192.0.2.1").is_none() && take("10.0.0.1").is_none());
        drop((two, three, proxies));
        let open = lock(&connections.open);
        assert_eq!((open.all, open.of_networks.len()), (0, 0));
    }
}
