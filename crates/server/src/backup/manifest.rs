//! What a backup says of itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sliderule_api::UtcTime;

use crate::data;
use crate::store::SCHEMA;

/// Its name, first in the archive.
pub(super) const NAME: &str = "sliderule-ps-backup.json";

/// The form of the archive.
const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    format: u32,
    /// The release that made it.
    pub release: String,
    /// When it was made.
    pub made_at: UtcTime,
    /// The schema of its database.
    pub schema: i64,
    /// What is in it besides the manifest.
    pub files: Vec<Listed>,
}

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name in the data directory.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Of a backup that this release makes.
    pub(super) fn new(made_at: UtcTime, schema: i64, files: Vec<Listed>) -> Self {
        Self { format: FORMAT, release: env!("CARGO_PKG_VERSION").to_owned(), made_at, schema, files }
    }

    /// Reads it, and checks that this release can restore what it lists.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        let manifest: Self =
            serde_json::from_slice(text).map_err(|error| format!("its manifest cannot be read: {error}"))?;
        if manifest.format != FORMAT {
            return Err(format!("its form {} is not known to this release of sliderule-ps", manifest.format));
        }
        if manifest.schema > SCHEMA {
            return Err(format!(
                "its database has schema {}, and this release of sliderule-ps knows schemas up to {SCHEMA}; restore it \
                 with release {} or a later one",
                manifest.schema,
                manifest.release.escape_default()
            ));
        }
        let names: BTreeSet<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        let stranger = names.iter().find(|name| !data::BACKED_UP.contains(name));
        if let Some(stranger) = stranger {
            return Err(format!("it lists {}, which belongs to no backup", stranger.escape_default()));
        }
        if names.len() != manifest.files.len() || !names.contains(data::DATABASE) {
            return Err(format!("it does not list {} and every other file once", data::DATABASE));
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::UtcTime;

    use super::{Listed, Manifest, SCHEMA};

    fn listed(name: &str) -> Listed {
        Listed { name: name.to_owned(), bytes: 1, sha256: String::new() }
    }

    fn with(schema: i64, names: &[&str]) -> Manifest {
        let files = names.iter().map(|name| listed(name)).collect();
        Manifest::new(UtcTime("2026-11-24T09:30:00Z".to_owned()), schema, files)
    }

    fn refused(manifest: &Manifest) -> String {
        Manifest::read(&serde_json::to_vec(manifest).unwrap()).unwrap_err()
    }

    #[test]
    fn what_this_release_wrote_it_reads() {
        let manifest = with(SCHEMA, &["sliderule.db", "node.key"]);
        assert_eq!(Manifest::read(&serde_json::to_vec(&manifest).unwrap()).unwrap(), manifest);
    }

    #[test]
    fn what_it_cannot_restore_it_refuses_with_the_reason() {
        assert!(refused(&with(SCHEMA + 1, &["sliderule.db"])).contains("schemas up to"));
        assert!(refused(&Manifest { format: 2, ..with(SCHEMA, &["sliderule.db"]) }).contains("form 2"));
        for names in [&["../../etc/passwd", "sliderule.db"][..], &["/sliderule.db"], &["server.lock"]] {
            assert!(refused(&with(SCHEMA, names)).contains("belongs to no backup"), "{names:?}");
        }
        assert!(refused(&with(SCHEMA, &["node.key"])).contains("sliderule.db"));
        assert!(refused(&with(SCHEMA, &["sliderule.db", "sliderule.db"])).contains("once"));
        assert!(Manifest::read(b"{").unwrap_err().contains("cannot be read"));
    }
}
