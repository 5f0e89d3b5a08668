//! The version rule: only the major release must match, and a newer minor one on the server is worth a warning.
//!
//! The sentences are those of the existing clients, which scripts and people know.

use std::rc::Rc;

use serde::Deserialize;
use sliderule_api::{ErrorCode, ReleaseVersion};

use crate::Failure;
use crate::address::Target;
use crate::call::VersionReport;
use crate::http::REQUEST_TIMEOUT_MS;
use crate::service::{NO_PARAMETERS, VERSION, unchecked};
use crate::sign_in::announce;
use crate::world::World;

/// The SlideRule release whose wire formats this client speaks.
pub const SPOKEN: ReleaseVersion = ReleaseVersion { major: 4, minor: 20, patch: 0 };

/// The part of `/source/version` that matters here.
#[derive(Deserialize)]
struct Report {
    server: Server,
}

#[derive(Deserialize)]
struct Server {
    version: ReleaseVersion,
}

/// Applies the rule before the first use of a cluster, once.
///
/// # Errors
/// Those of [`check`].
pub(crate) async fn check_once(world: &World, target: &Rc<Target>) -> Result<(), Failure> {
    if world.with(|state| state.checked.contains(&target.cluster)) {
        return Ok(());
    }
    check(world, target).await.map(|_| ())
}

/// Asks the cluster for its release and applies the rule.
///
/// # Errors
/// `version_incompatible`, and those of the service.
pub(crate) async fn check(world: &World, target: &Rc<Target>) -> Result<VersionReport, Failure> {
    let text = unchecked(world, target, VERSION, NO_PARAMETERS, REQUEST_TIMEOUT_MS).await?;
    let report: Report = serde_json::from_str(&text).map_err(|_| {
        Failure::new(ErrorCode::BadResponse, "the cluster does not say which release it runs")
            .at(&target.cluster)
    })?;
    let (client, server) = (world.with(|state| state.spoken), report.server.version);
    if client.major != server.major {
        let message = incompatible(client, server);
        return Err(Failure::new(ErrorCode::VersionIncompatible, message).at(&target.cluster));
    }
    let out_of_date = server.minor > client.minor;
    let first = world.with(|state| state.checked.insert(target.cluster.clone(), server)) != Some(server);
    if first {
        if out_of_date {
            world.warn(ErrorCode::VersionIncompatible, self::out_of_date(client, server));
        }
        announce(world);
    }
    Ok(VersionReport { server: bare(server), client: bare(client), out_of_date })
}

/// `4.20.0`.
pub(crate) fn bare(version: ReleaseVersion) -> String {
    format!("{}.{}.{}", version.major, version.minor, version.patch)
}

fn incompatible(client: ReleaseVersion, server: ReleaseVersion) -> String {
    format!("Client (version {}) is incompatible with the server (version {})", tuple(client), tuple(server))
}

fn out_of_date(client: ReleaseVersion, server: ReleaseVersion) -> String {
    format!("Client (version {}) is out of date with the server (version {})", tuple(client), tuple(server))
}

/// As Python writes a tuple.
fn tuple(version: ReleaseVersion) -> String {
    format!("({}, {}, {})", version.major, version.minor, version.patch)
}

#[cfg(test)]
mod tests {
    use super::incompatible;

    #[test]
    fn the_sentence_is_the_one_of_the_documentation() {
        let [client, server] = ["4.0.2", "3.7.0"].map(|text| text.parse().unwrap());
        assert_eq!(
            incompatible(client, server),
            "Client (version (4, 0, 2)) is incompatible with the server (version (3, 7, 0))"
        );
    }
}
