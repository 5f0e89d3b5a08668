//! What an owner configures, in our own API: `GET`, `PUT` and `PATCH /api/v1/organizations/<org>/configuration`.

use serde::{Deserialize, Deserializer, Serialize};

use crate::ReleaseVersion;

/// How a cluster is configured. The answer carries its `ETag`, and every change an `If-Match` with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Nodes kept without any request; no more than `max_nodes`.
    pub min_nodes: u32,
    /// Nodes at most; no more than `node_cap`.
    pub max_nodes: u32,
    /// Nodes that one user may ask for at most; `None` for no limit but `max_nodes`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub per_user: Option<u32>,
    /// The release its nodes run.
    pub version: ReleaseVersion,
    /// Whether the cluster is off. Switching it off releases all requests, as `destroy` does.
    pub paused: bool,
    /// As many nodes as `max_nodes` may be at most. Only the operator changes it.
    pub node_cap: u32,
}

/// Body of `PATCH …/configuration`: what is named changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfigurationChange {
    /// As of [`Configuration`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_nodes: Option<u32>,
    /// As of [`Configuration`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_nodes: Option<u32>,
    /// As of [`Configuration`]; `null` takes the limit away.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub per_user: Option<Option<u32>>,
    /// As of [`Configuration`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ReleaseVersion>,
    /// As of [`Configuration`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

impl ConfigurationChange {
    /// The configuration with it.
    #[must_use]
    pub fn of(&self, present: Configuration) -> Configuration {
        Configuration {
            min_nodes: self.min_nodes.unwrap_or(present.min_nodes),
            max_nodes: self.max_nodes.unwrap_or(present.max_nodes),
            per_user: self.per_user.unwrap_or(present.per_user),
            version: self.version.unwrap_or(present.version),
            paused: self.paused.unwrap_or(present.paused),
            node_cap: present.node_cap,
        }
    }
}

/// A field that is there, `null` or not.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::{Configuration, ConfigurationChange};

    fn present() -> Configuration {
        let text =
            r#"{"min_nodes":0,"max_nodes":4,"per_user":2,"version":"v4.0.4","paused":false,"node_cap":8}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name_and_tells_null_from_nothing() {
        let change = |text: &str| serde_json::from_str::<ConfigurationChange>(text).unwrap().of(present());
        assert_eq!(change("{}"), present());
        assert_eq!(change(r#"{"per_user":null}"#), Configuration { per_user: None, ..present() });
        assert_eq!(
            change(r#"{"paused":true,"max_nodes":3}"#),
            Configuration { paused: true, max_nodes: 3, ..present() }
        );
        assert!(serde_json::from_str::<ConfigurationChange>(r#"{"node_cap":9}"#).is_err());
    }

    #[test]
    fn a_whole_configuration_leaves_nothing_out() {
        let text = serde_json::to_string(&present()).unwrap();
        for field in ["\"min_nodes\":0,", "\"per_user\":2,", "\"paused\":false,"] {
            let less = text.replacen(field, "", 1);
            assert!(less != text && serde_json::from_str::<Configuration>(&less).is_err(), "{less}");
        }
    }
}
