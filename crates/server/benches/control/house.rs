//! A database of its own, with a user and as many organizations as are wanted.

use std::path::Path;

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_provisioning::account::{Allowance, Prices};
use sliderule_provisioning::cluster::Limits;
use sliderule_provisioning::time::Moment;
use sliderule_server::data::DataDir;
use sliderule_server::store::{Database, NewOrganization};
use tempfile::TempDir;

use crate::server::{add_user, command};

/// When it all begins.
pub(crate) const BEGINNING: Moment = Moment(1_800_000_000_000);

/// A database.
pub(crate) struct House {
    pub(crate) db: Database,
    dir: TempDir,
}

impl House {
    /// A new one, in which there is ada.
    pub(crate) async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        command(dir.path(), &add_user());
        let db = DataDir::open(dir.path()).unwrap().database().await.unwrap();
        Self { db, dir }
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) async fn close(self) {
        self.db.close().await;
    }
}

/// An organization of ada's.
pub(crate) fn organization(name: &OrganizationName) -> NewOrganization {
    NewOrganization {
        name: name.clone(),
        owner: "ada".parse().unwrap(),
        credit: MicroUsd(100_000_000),
        limits: Limits { min_nodes: 0, max_nodes: 10, per_user: None },
        version: "v4.0.4".parse().unwrap(),
        is_public: false,
        prices: Prices::LIST,
        allowance: Allowance::default(),
        at: BEGINNING,
    }
}
