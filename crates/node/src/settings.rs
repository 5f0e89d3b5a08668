//! The node's command line.

use std::net::SocketAddr;

use clap::Parser;
use http::Uri;
use sliderule_api::ReleaseVersion;

/// The reference node of SlideRule: real surface fits to simulated ICESat-2 photons.
#[derive(Clone, Debug, Parser)]
#[command(name = "sliderule-node", version)]
pub struct Settings {
    /// Address and port to serve at, and to register: the other nodes must reach it.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9081")]
    pub listen: SocketAddr,

    /// Release to behave like: those before v4.4.0 like v4.0.2, the others like v4.20.0.
    #[arg(long, value_name = "RELEASE", default_value = "v4.0.4")]
    pub announce: ReleaseVersion,

    /// Organization whose cluster the node belongs to.
    #[arg(long, value_name = "NAME", default_value = "sliderule")]
    pub organization: String,

    /// URL of the cluster's orchestrator, below which /discovery/register lies; without it the node is alone.
    #[arg(long, value_name = "URL", value_parser = orchestrator)]
    pub orchestrator: Option<String>,
}

fn orchestrator(text: &str) -> Result<String, String> {
    let expected = "expected a URL such as http://127.0.0.1:8050";
    let uri: Uri = text.parse().map_err(|error| format!("{error}; {expected}"))?;
    match (uri.scheme_str(), uri.host(), uri.query()) {
        (Some("http"), Some(_), None) => Ok(text.to_owned()),
        _ => Err(expected.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Settings;

    #[test]
    fn everything_has_a_default_and_the_orchestrator_is_a_plain_url() {
        let settings = Settings::try_parse_from(["sliderule-node"]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:9081");
        assert_eq!(settings.announce.to_string(), "v4.0.4");
        let with = |url| Settings::try_parse_from(["sliderule-node", "--orchestrator", url]);
        assert!(with("http://127.0.0.1:8050/clusters/acme").is_ok());
        for wrong in ["127.0.0.1:8050", "https://example.org", "http://", "there"] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }
}
