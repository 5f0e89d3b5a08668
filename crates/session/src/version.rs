//! The version rule: only the major release must match, and a newer minor one on the server is worth a warning.
//!
//! The sentences are those of the existing clients, which scripts and people know.

use std::rc::Rc;

use sliderule_api::names::shown;
use sliderule_api::{ErrorCode, ReleaseVersion};

use crate::Failure;
use crate::address::Target;
use crate::call::VersionReport;
use crate::http::REQUEST_TIMEOUT_MS;
use crate::json::{self, Json};
use crate::service::{NO_PARAMETERS, VERSION, unchecked};
use crate::sign_in::announce;
use crate::world::World;

/// The SlideRule release whose wire formats this client speaks.
pub const SPOKEN: ReleaseVersion = ReleaseVersion { major: 4, minor: 20, patch: 0 };

/// The SlideRule releases whose wire formats are near enough to be spoken: those of organization tokens.
const GENERATION: std::ops::RangeInclusive<u32> = 2..=4;

/// The release that a user of a pinned cluster names: `3.7.0`, `v3.7.0`, `3.7` or `3`.
///
/// # Errors
/// `invalid_argument` for anything else, and for a release that this client cannot speak.
pub(crate) fn spoken(text: &str) -> Result<ReleaseVersion, Failure> {
    let mut full = format!("v{}", text.strip_prefix('v').unwrap_or(text));
    for _ in text.bytes().filter(|&byte| byte == b'.').count()..2 {
        full.push_str(".0");
    }
    let version: ReleaseVersion =
        full.parse().map_err(|error| Failure::invalid(format!("protocolVersion: {error}")))?;
    if GENERATION.contains(&version.major) {
        return Ok(version);
    }
    Err(Failure::invalid(format!(
        "protocolVersion: this client speaks the releases {} to {} of SlideRule, and not {text}",
        GENERATION.start(),
        GENERATION.end()
    )))
}

/// The release of a part of the server, in the answer of `/source/version`: `server` itself, or a package.
fn release_of(answer: &Json<'_>, part: &str) -> Option<ReleaseVersion> {
    json::text(json::find(answer, part)?, "version")?.parse().ok()
}

/// Whether the rule was applied to the cluster before.
pub(crate) fn is_checked(world: &World, target: &Target) -> bool {
    world.with(|state| state.checked.contains(&target.cluster))
}

/// Asks the cluster for its release, and applies the rule.
///
/// # Errors
/// `version_incompatible`, and those of the service.
pub(crate) async fn check(
    world: &World,
    target: &Rc<Target>,
    plugins: &[String],
) -> Result<ReleaseVersion, Failure> {
    let text = unchecked(world, target, VERSION, NO_PARAMETERS, REQUEST_TIMEOUT_MS).await?;
    let client = world.with(|state| state.spoken);
    let server = judge(client, &text, plugins).map_err(|failure| failure.at(&target.cluster))?;
    let first = world.with(|state| state.checked.insert(target.cluster.clone(), server)) != Some(server);
    if first {
        if let Some(warning) = out_of_date(client, server) {
            world.warn(ErrorCode::VersionIncompatible, warning);
        }
        announce(world);
    }
    Ok(server)
}

/// The release of the server by its answer, where that and the plugins are fit for the client.
fn judge(client: ReleaseVersion, answer: &str, plugins: &[String]) -> Result<ReleaseVersion, Failure> {
    let answer = json::parse(answer).unwrap_or(Json::Null);
    let server = release_of(&answer, "server").ok_or_else(|| {
        Failure::new(ErrorCode::BadResponse, "the cluster does not say which release it runs")
    })?;
    if client.major != server.major {
        let message = incompatible(client, server);
        return Err(Failure::new(ErrorCode::VersionIncompatible, message));
    }
    for plugin in plugins {
        let installed = release_of(&answer, plugin).ok_or_else(|| {
            let message = format!("the server has no plugin `{}`", shown(plugin));
            Failure::new(ErrorCode::Unsupported, message)
        })?;
        if installed.major != client.major {
            let message = format!(
                "Client (version {}) is incompatible with the {plugin} plugin (version {})",
                tuple(client),
                tuple(installed)
            );
            return Err(Failure::new(ErrorCode::VersionIncompatible, message));
        }
    }
    Ok(server)
}

/// What the rule found about a server that it lets pass.
pub(crate) fn report(world: &World, server: ReleaseVersion) -> VersionReport {
    let client = world.with(|state| state.spoken);
    let warning = out_of_date(client, server);
    VersionReport { server: bare(server), client: bare(client), out_of_date: warning.is_some(), warning }
}

/// `4.20.0`.
pub(crate) fn bare(version: ReleaseVersion) -> String {
    format!("{}.{}.{}", version.major, version.minor, version.patch)
}

fn incompatible(client: ReleaseVersion, server: ReleaseVersion) -> String {
    format!("Client (version {}) is incompatible with the server (version {})", tuple(client), tuple(server))
}

fn out_of_date(client: ReleaseVersion, server: ReleaseVersion) -> Option<String> {
    (server.minor > client.minor).then(|| {
        let (client, server) = (tuple(client), tuple(server));
        format!("Client (version {client}) is out of date with the server (version {server})")
    })
}

/// As Python writes a tuple.
fn tuple(version: ReleaseVersion) -> String {
    format!("({}, {}, {})", version.major, version.minor, version.patch)
}

#[cfg(test)]
mod tests {
    use super::{incompatible, spoken};

    #[test]
    fn a_release_of_the_generation_can_be_named_shortly() {
        for (text, release) in
            [("3", "v3.0.0"), ("3.7", "v3.7.0"), ("v2.1.4", "v2.1.4"), ("4.20.0", "v4.20.0")]
        {
            assert_eq!(spoken(text).unwrap(), release.parse().unwrap());
        }
        for not in ["1", "5.0.2", "", "x", "4.x", "-3", "4.20.0.1"] {
            assert!(spoken(not).is_err(), "{not}");
        }
    }

    #[test]
    fn the_sentence_is_the_one_of_the_documentation() {
        let [client, server] = ["4.0.2", "3.7.0"].map(|text| text.parse().unwrap());
        assert_eq!(
            incompatible(client, server),
            "Client (version (4, 0, 2)) is incompatible with the server (version (3, 7, 0))"
        );
    }
}
