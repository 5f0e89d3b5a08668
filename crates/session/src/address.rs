//! Which hosts a deployment and an organization mean.
//!
//! A bare domain means `https://ps.<domain>` and `https://<organization>.<domain>`; a URL with a scheme means
//! a single origin. What results is only ever joined with paths of our own, so that a token cannot be made to
//! go anywhere else.

use sliderule_api::OrganizationName;
use sliderule_api::names::shown;

use crate::{Failure, Settings};

/// Where one organization of one deployment is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The organization; none for a single node.
    pub organization: Option<OrganizationName>,
    /// Origin of the provisioning system, to which `/api/…` is appended; none for a single node.
    pub provisioning: Option<String>,
    /// To which `/source/…` and `/discovery/…` are appended.
    pub cluster: String,
    /// What to try if nothing answers here.
    pub hint: Option<String>,
}

impl Target {
    /// The addresses that the settings mean for this organization.
    ///
    /// # Errors
    /// `invalid_argument` with the address to use, where one cannot be used, and where `clusterUrl` is the address
    /// of another organization's cluster: a token must not go there.
    pub fn resolve(settings: &Settings, organization: Option<&str>) -> Result<Self, Failure> {
        let organization = named(organization)?;
        if settings.cluster_url.is_some() && organization != named(settings.organization.as_deref())? {
            return Err(Failure::invalid(
                "clusterUrl is the cluster of the organization that the session was made with; make a session for \
                 this one, with its own clusterUrl or none",
            ));
        }
        let place = Place::read(&settings.url, settings.allow_http)?;
        let over = |url: &Option<String>, name: &str| match url {
            None => Ok(None),
            Some(url) => Origin::read(url, settings.allow_http)
                .map(|origin| Some(origin.text))
                .map_err(|failure| Failure::invalid(format!("{name}: {}", failure.message))),
        };
        let provisioning_override = over(&settings.provisioning_url, "provisioningUrl")?;
        let cluster_override = over(&settings.cluster_url, "clusterUrl")?;
        let (provisioning, cluster, hint) = match (&place, &organization) {
            (Place::Domain(domain), Some(organization)) => {
                let hint = is_loopback(domain)
                    .then(|| format!("if one server on this machine is meant, pass `http://{domain}`"));
                (Some(format!("https://ps.{domain}")), format!("https://{organization}.{domain}"), hint)
            }
            (Place::Domain(domain), None) => {
                // A node named without a scheme is asked in plain text only where nobody overhears, or if allowed.
                let scheme = if is_loopback(domain) || settings.allow_http { "http" } else { "https" };
                (None, format!("{scheme}://{domain}"), None)
            }
            (Place::Origin(origin), Some(organization)) => {
                let cluster = format!("{}/clusters/{organization}", origin.text);
                (Some(origin.text.clone()), cluster, origin.hint())
            }
            (Place::Origin(origin), None) => (None, origin.text.clone(), None),
        };
        Ok(Self {
            provisioning: organization.as_ref().and(provisioning_override.or(provisioning)),
            cluster: cluster_override.unwrap_or(cluster),
            organization,
            hint,
        })
    }

    /// The provisioning origin.
    ///
    /// # Errors
    /// `unsupported` for a single node, which has none.
    pub fn provisioning(&self) -> Result<&str, Failure> {
        self.provisioning.as_deref().ok_or_else(|| {
            Failure::new(
                sliderule_api::ErrorCode::Unsupported,
                "a session with organization null talks to one node, which has no provisioning system; name an organization",
            )
        })
    }
}

/// What `url` says.
enum Place {
    /// `host` or `host:port`.
    Domain(String),
    /// A URL with a scheme.
    Origin(Origin),
}

impl Place {
    fn read(url: &str, allow_http: bool) -> Result<Self, Failure> {
        let url = url.trim();
        if scheme_of(url).is_some() {
            return Origin::read(url, allow_http).map(Self::Origin);
        }
        let host = Host::read(url.trim_end_matches('/'))?;
        if host.is_address() {
            let scheme = if host.is_loopback() { "http" } else { "https" };
            return Err(Failure::invalid(format!(
                "`{}` is an address, not a domain; give the URL `{scheme}://{}`",
                host.text, host.text
            )));
        }
        Ok(Self::Domain(host.text))
    }
}

/// Scheme, host, and a path perhaps; without a slash at the end.
struct Origin {
    text: String,
    host: Host,
}

impl Origin {
    fn read(url: &str, allow_http: bool) -> Result<Self, Failure> {
        let Some((scheme, rest)) = scheme_of(url.trim()) else {
            return Err(Failure::invalid("a URL with `https://` is needed here"));
        };
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(Failure::invalid("only https and http URLs can be used"));
        }
        let rest = rest.trim_end_matches('/');
        let (authority, path) = parted(rest, rest.find('/').unwrap_or(rest.len()));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
        if !path.bytes().all(plain) || path.split('/').any(|part| part == "..") {
            return Err(Failure::invalid(
                "a URL here is a scheme, a host and perhaps a plain path, nothing more",
            ));
        }
        let host = Host::read(authority)?;
        if scheme == "http" && !host.is_loopback() && !allow_http {
            return Err(Failure::invalid(format!(
                "plain http to `{}` would show passwords and tokens to the network; use https, or pass allowHttp",
                host.text
            )));
        }
        Ok(Self { text: format!("{scheme}://{}{path}", host.text), host })
    }

    /// A domain given as a URL is a likely mistake, an address or this machine is not.
    fn hint(&self) -> Option<String> {
        let domain = !self.host.is_address() && !self.host.is_loopback();
        domain.then(|| {
            format!(
                "if `{0}` is a domain of organizations and not one server, pass `{0}` without a scheme",
                self.host.text
            )
        })
    }
}

/// A host and perhaps a port, in lower case.
struct Host {
    text: String,
    name_end: usize,
}

impl Host {
    fn read(text: &str) -> Result<Self, Failure> {
        if text.contains('@') {
            // Not shown: what stands before the @ is likely a password.
            return Err(Failure::invalid("credentials do not belong into a URL; pass them to authenticate"));
        }
        if text.is_empty() {
            return Err(Failure::invalid("a domain or a URL is needed here, and this one names no host"));
        }
        let text = text.to_ascii_lowercase();
        let bad = || Failure::invalid(format!("`{}` is not a host name", shown(&text)));
        let name_end = if text.starts_with('[') {
            text.find(']').map(|at| at + 1).ok_or_else(bad)?
        } else {
            text.find(':').unwrap_or(text.len())
        };
        let (name, port) = parted(&text, name_end);
        let port_fits = port.is_empty()
            || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|p| p > 0));
        let label =
            |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let name_fits = bracketed(name).is_some() || name.split('.').all(label);
        if !port_fits || !name_fits {
            return Err(bad());
        }
        Ok(Self { name_end, text })
    }

    fn name(&self) -> &str {
        parted(&self.text, self.name_end).0
    }

    /// As browsers tell: a host whose last label is a number is an address.
    fn is_address(&self) -> bool {
        let name = self.name();
        bracketed(name).is_some()
            || name.split('.').next_back().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()))
    }

    fn is_loopback(&self) -> bool {
        let name = self.name();
        name == "localhost"
            || name.ends_with(".localhost")
            || (name.starts_with("127.") && self.is_address())
            || bracketed(name) == Some("::1")
    }
}

/// The IPv6 address within `[…]`; whether it is one in full, `fetch` will say.
fn bracketed(name: &str) -> Option<&str> {
    let address = name.strip_prefix('[')?.strip_suffix(']')?;
    let plain = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    (address.len() > 1 && address.bytes().all(plain)).then_some(address)
}

/// What stands before `://`, and after it.
fn scheme_of(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

/// The two parts of a text.
fn parted(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

fn is_loopback(domain: &str) -> bool {
    Host::read(domain).is_ok_and(|host| host.is_loopback())
}

fn named(organization: Option<&str>) -> Result<Option<OrganizationName>, Failure> {
    Ok(organization.map(str::parse).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::Target;
    use crate::Settings;

    fn settings(url: &str) -> Settings {
        Settings {
            url: url.into(),
            organization: None,
            provisioning_url: None,
            cluster_url: None,
            allow_http: false,
            protocol_version: None,
            requests: Vec::new(),
        }
    }

    fn pair(url: &str) -> (String, String) {
        let target = Target::resolve(&settings(url), Some("acme")).unwrap();
        (target.provisioning.unwrap(), target.cluster)
    }

    #[test]
    fn a_bare_domain_means_two_hosts_and_keeps_its_port() {
        assert_eq!(
            pair("slideruleearth.io"),
            ("https://ps.slideruleearth.io".into(), "https://acme.slideruleearth.io".into())
        );
        assert_eq!(pair("X.test:8443"), ("https://ps.x.test:8443".into(), "https://acme.x.test:8443".into()));
    }

    #[test]
    fn a_url_means_a_single_origin() {
        assert_eq!(
            pair("http://127.0.0.1:8080/"),
            ("http://127.0.0.1:8080".into(), "http://127.0.0.1:8080/clusters/acme".into())
        );
        assert_eq!(pair("https://x.org/sr").1, "https://x.org/sr/clusters/acme");
        let hint = Target::resolve(&settings("https://x.org"), Some("acme")).unwrap().hint.unwrap();
        assert!(hint.contains("pass `x.org`"), "{hint}");
        let hint = Target::resolve(&settings("localhost:8080"), Some("acme")).unwrap().hint.unwrap();
        assert!(hint.contains("pass `http://localhost:8080`"), "{hint}");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_to_use() {
        let refusal = |url: &str| Target::resolve(&settings(url), Some("acme")).unwrap_err().to_string();
        assert!(refusal("127.0.0.1:8080").contains("`http://127.0.0.1:8080`"));
        assert!(refusal("10.0.0.9").contains("`https://10.0.0.9`"));
        assert!(refusal("http://x.org").contains("allowHttp"));
        assert!(refusal("ftp://x.org").contains("https"));
        for bad in
            ["", "a b", "x.org/path", "https://x.org/?q", "https://", "x.org:0", "x..org", "https://x/../y"]
        {
            assert!(Target::resolve(&settings(bad), Some("acme")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        let failure = Target::resolve(&settings("https://ada:hunter2@x.org"), Some("acme")).unwrap_err();
        assert!(!failure.message.contains("hunter2"));
    }

    #[test]
    fn overrides_win_and_no_organization_is_one_node() {
        let mut with = settings("slideruleearth.io");
        with.organization = Some("acme".into());
        with.cluster_url = Some("http://localhost:9081/".into());
        assert_eq!(Target::resolve(&with, Some("acme")).unwrap().cluster, "http://localhost:9081");
        let refusal = Target::resolve(&with, Some("beta")).unwrap_err().to_string();
        assert!(refusal.contains("clusterUrl"), "another organization's token would go there: {refusal}");
        let node = Target::resolve(&settings("localhost:9081"), None).unwrap();
        assert_eq!((node.provisioning, node.cluster), (None, "http://localhost:9081".into()));
    }
}
