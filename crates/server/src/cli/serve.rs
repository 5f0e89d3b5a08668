//! `sliderule-ps serve`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::say;
use crate::Error;
use crate::config::{Config, Tls};
use crate::data::DataDir;
use crate::serve::{Server, interrupted};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen, such as 127.0.0.1:8080; port 0 takes a free one.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The domain: the system is at ps.DOMAIN, an organization's cluster at ORGANIZATION.DOMAIN.
    #[arg(long)]
    domain: Option<String>,
    /// Certificate of the public listener, with its chain, as a PEM file.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, as a PEM file.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve the web page from this folder in place of the one built in.
    #[arg(long)]
    www: Option<PathBuf>,
    /// The configuration, a TOML file; flags go before it.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data directory.
    #[arg(long)]
    data: PathBuf,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Error> {
        let file = Config::read(self.config.as_deref())?;
        let tls = self.tls_cert.zip(self.tls_key).map(|(cert, key)| Tls { cert, key });
        let config = Config {
            listen: self.listen.unwrap_or(file.listen),
            domain: self.domain.unwrap_or(file.domain),
            tls: tls.or(file.tls),
            www: self.www.or(file.www),
            ..file
        };
        let stop = interrupted()?;
        let server = Server::start(config.check()?, DataDir::open(&self.data)?).await?;
        say(&format!("sliderule-ps is listening on {}", server.url()));
        server.run_until(stop).await
    }
}
