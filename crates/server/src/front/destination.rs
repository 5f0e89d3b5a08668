//! Which part of the house a request is for: a pure function of host and path.

use sliderule_api::OrganizationName;

/// Where a request goes, and with which path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// The provisioning API; the path has no trailing slash.
    Api { path: String },
    /// A cluster's gateway; the path is relative to the cluster's root.
    Cluster { organization: OrganizationName, path: String },
    /// The web page.
    Page { path: String },
    /// A name that no organization can have.
    Nowhere { name: String },
}

/// Decides. `host` has no port and is in lower case; `domain` too.
pub(super) fn decide(host: &str, domain: &str, path: &str) -> Destination {
    // A load balancer asks for the server's health under whatever name it likes.
    if let health @ ("/ping" | "/healthz") = without_slash(path) {
        return Destination::Api { path: health.to_owned() };
    }
    match host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.')) {
        None | Some("ps") => single_origin(path),
        Some(label) => cluster(label, path.to_owned()),
    }
}

/// Everything below one name. `ps.<domain>` has the clusters too, so that the page works there as well.
fn single_origin(path: &str) -> Destination {
    if let Some(rest) = path.strip_prefix("/clusters/") {
        let (label, inner) = rest.split_once('/').unwrap_or((rest, ""));
        return cluster(label, format!("/{inner}"));
    }
    let is_api = path == "/api" || path.starts_with("/api/") || path.starts_with("/.well-known/");
    if is_api || without_slash(path) == "/metrics" {
        return Destination::Api { path: without_slash(path).to_owned() };
    }
    Destination::Page { path: path.to_owned() }
}

fn cluster(label: &str, path: String) -> Destination {
    match label.parse() {
        Ok(organization) => Destination::Cluster { organization, path },
        Err(_) => Destination::Nowhere { name: label.to_owned() },
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').filter(|shorter| !shorter.is_empty()).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{Destination, decide};

    fn cluster(organization: &str, path: &str) -> Destination {
        Destination::Cluster { organization: organization.parse().unwrap(), path: path.to_owned() }
    }

    fn api(path: &str) -> Destination {
        Destination::Api { path: path.to_owned() }
    }

    #[test]
    fn the_first_label_below_the_domain_decides() {
        assert_eq!(decide("ps.example.org", "example.org", "/api/org_token/"), api("/api/org_token"));
        assert_eq!(
            decide("acme.example.org", "example.org", "/source/version"),
            cluster("acme", "/source/version")
        );
        assert_eq!(
            decide("acme.example.org", "example.org", "/api/org_token/"),
            cluster("acme", "/api/org_token/")
        );
    }

    #[test]
    fn any_other_name_and_that_of_the_system_are_one_origin_for_everything() {
        for host in ["127.0.0.1", "localhost", "example.org", "ps.example.org", "notexample.org", ""] {
            assert_eq!(decide(host, "example.org", "/api/v1/x"), api("/api/v1/x"));
            assert_eq!(
                decide(host, "example.org", "/clusters/acme/source/atl06p"),
                cluster("acme", "/source/atl06p")
            );
            assert_eq!(decide(host, "example.org", "/"), Destination::Page { path: "/".to_owned() });
        }
        assert_eq!(decide("127.0.0.1", "example.org", "/clusters/acme"), cluster("acme", "/"));
    }

    #[test]
    fn what_is_well_known_of_the_system_is_not_of_a_cluster() {
        let keys = "/.well-known/jwks.json";
        assert_eq!(decide("ps.example.org", "example.org", keys), api(keys));
        assert_eq!(decide("127.0.0.1", "example.org", keys), api(keys));
        assert_eq!(decide("acme.example.org", "example.org", keys), cluster("acme", keys));
    }

    #[test]
    fn names_that_no_organization_can_have_lead_nowhere() {
        for host in ["www.example.org", "a.b.example.org", ".example.org"] {
            assert!(matches!(decide(host, "example.org", "/"), Destination::Nowhere { .. }), "{host}");
        }
        assert!(matches!(decide("127.0.0.1", "example.org", "/clusters/PS/x"), Destination::Nowhere { .. }));
    }

    #[test]
    fn health_is_answered_under_every_name() {
        for host in ["ps.example.org", "acme.example.org", "10.0.0.1"] {
            assert_eq!(decide(host, "example.org", "/ping/"), api("/ping"));
            assert_eq!(decide(host, "example.org", "/healthz"), api("/healthz"));
        }
    }

    #[test]
    fn metrics_are_the_system_s_and_no_cluster_s() {
        for host in ["ps.example.org", "10.0.0.1"] {
            assert_eq!(decide(host, "example.org", "/metrics"), api("/metrics"));
        }
        assert_eq!(decide("acme.example.org", "example.org", "/metrics"), cluster("acme", "/metrics"));
    }
}
