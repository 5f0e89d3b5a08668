//! Which hosts a deployment and an organization mean.
//!
//! A bare domain means `https://ps.<domain>` and `https://<organization>.<domain>`; a URL with a scheme means
//! a single origin. What results is only ever joined with paths of our own, so that a token cannot be made to
//! go anywhere else.

use sliderule_api::OrganizationName;
use sliderule_api::names::shown;
use sliderule_api::text::{decimal, says, split_once, trim_end};

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
        if settings.cluster_url.is_some() && organization != settings.organization.as_deref() {
            return Err(Failure::invalid(
                "clusterUrl is the cluster of the organization that the session was made with; make a session for \
                 this one, with its own clusterUrl or none",
            ));
        }
        let organization: Option<OrganizationName> = organization.map(str::parse).transpose()?;
        let address = Address::read(&settings.url, settings.allow_http)?;
        let over = |url: &Option<String>, name: &str| match url {
            None => Ok(None),
            Some(url) => Address::read(url, settings.allow_http)
                .and_then(Address::origin)
                .map(Some)
                .map_err(|failure| Failure::invalid(format!("{name}: {}", failure.message))),
        };
        let provisioning_override = over(&settings.provisioning_url, "provisioningUrl")?;
        let cluster_override = over(&settings.cluster_url, "clusterUrl")?;
        let hint = if organization.is_some() { address.hint() } else { None };
        let Address { origin, host, is_loopback, .. } = address;
        let (provisioning, cluster) = match (origin, &organization) {
            (Some(origin), Some(organization)) => {
                let cluster = format!("{origin}/clusters/{organization}");
                (Some(origin), cluster)
            }
            (Some(origin), None) => (None, origin),
            (None, Some(organization)) => {
                (Some(format!("https://ps.{host}")), format!("https://{organization}.{host}"))
            }
            (None, None) => {
                // A node named without a scheme is asked in plain text only where nobody overhears, or if allowed.
                let scheme = if is_loopback || settings.allow_http { "http" } else { "https" };
                (None, format!("{scheme}://{host}"))
            }
        };
        Ok(Self {
            provisioning: organization.as_ref().and(provisioning_override.or(provisioning)),
            cluster: cluster_override.unwrap_or(cluster),
            organization,
            hint,
        })
    }

    /// Where the token store has the record of a principal; of nobody, whose record was used last.
    pub(crate) fn key(&self, principal: &str) -> String {
        let provisioning = self.provisioning.as_deref().unwrap_or_default();
        let organization = self.organization.as_ref().map_or("", OrganizationName::as_str);
        let mut key = format!("sliderule {provisioning} {organization}");
        if !principal.is_empty() {
            key.push(' ');
            key.push_str(principal);
        }
        key
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

/// What a text says: a URL with a scheme, or a domain.
struct Address {
    /// Scheme, host, and a path perhaps, without a slash at the end; none of a domain.
    origin: Option<String>,
    /// Host, and perhaps a port, in lower case.
    host: String,
    /// As browsers tell: a host whose last label is a number is an address.
    is_address: bool,
    /// Whether it is this machine.
    is_loopback: bool,
}

impl Address {
    fn read(text: &str, allow_http: bool) -> Result<Self, Failure> {
        let text = text.trim_ascii();
        let Some((scheme, rest)) = split_once(text, "://") else {
            let domain = Self::of(trim_end(text, "/"))?;
            if domain.is_address {
                let scheme = if domain.is_loopback { "http" } else { "https" };
                let host = domain.host;
                let message =
                    format!("`{host}` is an address, not a domain; give the URL `{scheme}://{host}`");
                return Err(Failure::invalid(message));
            }
            return Ok(domain);
        };
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(Failure::invalid("only https and http URLs can be used"));
        }
        let rest = trim_end(rest, "/");
        let (host, path) = split_once(rest, "/").unwrap_or((rest, ""));
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'.' | b'_' | b'~');
        if !path.bytes().all(plain) || says(&path, "/../") || path.ends_with("/..") {
            return Err(Failure::invalid(
                "a URL here is a scheme, a host and perhaps a plain path, nothing more",
            ));
        }
        let mut url = Self::of(host)?;
        let host = &url.host;
        if scheme == "http" && !url.is_loopback && !allow_http {
            return Err(Failure::invalid(format!(
                "plain http to `{host}` would show passwords and tokens to the network; use https, or pass allowHttp"
            )));
        }
        url.origin = Some(format!("{scheme}://{host}{path}"));
        Ok(url)
    }

    /// A host, and perhaps a port.
    fn of(text: &str) -> Result<Self, Failure> {
        if says(text, "@") {
            // Not shown: what stands before the @ is likely a password.
            return Err(Failure::invalid("credentials do not belong into a URL; pass them to authenticate"));
        }
        if text.is_empty() {
            return Err(Failure::invalid("a domain or a URL is needed here, and this one names no host"));
        }
        let host = text.to_ascii_lowercase();
        // An IPv6 address stands within `[…]`; whether it is one in full, `fetch` will say.
        let ip6 = host.strip_prefix("[").and_then(|host| split_once(host, "]"));
        let (ip6, rest) = ip6.map_or((None, host.as_str()), |(ip6, rest)| (Some(ip6), rest));
        let (name, port) = split_once(rest, ":").map_or((rest, None), |(name, port)| (name, Some(port)));
        let name_fits = match ip6 {
            Some(ip6) => name.is_empty() && ip6.len() > 1 && ip6.bytes().all(is_of_ip6),
            None => !says(&format!(".{name}."), "..") && name.bytes().all(is_of_name),
        };
        let port_fits = port.is_none_or(|port| matches!(decimal(port), Some(1..=0xffff)));
        if !name_fits || !port_fits {
            return Err(Failure::invalid(format!("`{}` is not a host name", shown(&host))));
        }
        let mut last_label = name.bytes().rev().take_while(|b| *b != b'.');
        let is_address = ip6.is_some() || last_label.all(|b| b.is_ascii_digit());
        let is_loopback = ip6 == Some("::1")
            || name == "localhost"
            || name.ends_with(".localhost")
            || (is_address && name.starts_with("127."));
        Ok(Self { origin: None, is_address, is_loopback, host })
    }

    /// The text as a URL.
    fn origin(self) -> Result<String, Failure> {
        self.origin.ok_or_else(|| Failure::invalid("a URL with `https://` is needed here"))
    }

    /// A domain given as a URL is a likely mistake, and so is this machine given as a domain.
    fn hint(&self) -> Option<String> {
        let host = &self.host;
        match (&self.origin, self.is_loopback) {
            (None, true) => Some(format!("if one server on this machine is meant, pass `http://{host}`")),
            (Some(_), false) if !self.is_address => Some(format!(
                "if `{host}` is a domain of organizations and not one server, pass `{host}` without a scheme"
            )),
            _ => None,
        }
    }
}

fn is_of_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')
}

fn is_of_ip6(b: u8) -> bool {
    b.is_ascii_hexdigit() || matches!(b, b':' | b'.')
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
