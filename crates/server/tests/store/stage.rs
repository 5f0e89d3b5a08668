//! A database in a temporary directory, and a second connection that knows no rule but the schema's.

use async_trait::async_trait;
use sliderule_api::{MicroUsd, OrganizationName, UserName};
use sliderule_control::conformance::Stage;
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::account::{
    Account, Allowance, Entry, Payer, Posting, Prices, Reservation, Warning,
};
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::time::Moment;
use sliderule_server::store::{Database, NewOrganization};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tempfile::TempDir;

/// When it happens.
pub(crate) const NOW: Moment = Moment(1_795_469_426_000);

/// A database, and a second connection.
pub(crate) struct Books {
    pub(crate) db: Database,
    pub(crate) raw: SqlitePool,
    _dir: TempDir,
}

impl Books {
    /// Without anybody.
    pub(crate) async fn empty() -> Self {
        Self::empty_in(tempfile::tempdir().unwrap()).await
    }

    /// Without anybody, in that folder.
    pub(crate) async fn empty_in(dir: TempDir) -> Self {
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        let options = SqliteConnectOptions::new().filename(db.path()).foreign_keys(true);
        let raw = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        Self { db, raw, _dir: dir }
    }

    /// Ada's organization acme has ten dollars.
    pub(crate) async fn of_acme() -> Self {
        let books = Self::empty().await;
        books.add_user("ada").await;
        books.add_user("bob").await;
        books.add_organization("acme", 10_000_000).await;
        books
    }

    pub(crate) async fn add_user(&self, name: &str) {
        sqlx::query(
            "INSERT INTO users (name, email, password_hash, created_at_ms) VALUES (?1, ?1 || '@example.org', '', 0)
             ON CONFLICT DO NOTHING",
        )
        .bind(name)
        .execute(&self.raw)
        .await
        .unwrap();
    }

    /// Everybody who is there becomes a member of every organization there is.
    pub(crate) async fn everybody_joins(&self) {
        let join = "INSERT INTO memberships SELECT organizations.id, users.id, 'member', 'active', 0
                    FROM organizations CROSS JOIN users WHERE true ON CONFLICT DO NOTHING";
        self.sql(join).await.unwrap();
    }

    /// An organization of ada's for up to a thousand nodes, which everybody joins.
    pub(crate) async fn add_organization(&self, name: &str, credit: i64) {
        let new = NewOrganization {
            name: name.parse().unwrap(),
            owner: "ada".parse().unwrap(),
            credit: MicroUsd(credit),
            limits: Limits { min_nodes: 0, max_nodes: 1000, per_user: None },
            version: "v4.0.4".parse().unwrap(),
            is_public: false,
            prices: Prices::LIST,
            allowance: Allowance::default(),
            at: NOW,
        };
        self.db.add_organization(&new).await.unwrap();
        self.everybody_joins().await;
    }

    pub(crate) async fn cluster(&self, organization: &str) -> Cluster {
        self.db.cluster(&organization.parse().unwrap()).await.unwrap().unwrap()
    }

    pub(crate) async fn account(&self) -> Account {
        self.cluster("acme").await.account
    }

    /// Makes changes to acme.
    pub(crate) async fn change(&self, changes: &[Change]) -> Result<(), Breach> {
        let only: [OrganizationName; 1] = ["acme".parse().unwrap()];
        let changed = self.db.change(Writer::Operator, &only, &mut |_| changes.to_vec()).await.unwrap();
        changed[0].outcome.clone()
    }

    /// Runs SQL, and says how it was refused.
    pub(crate) async fn sql(&self, statement: impl Into<String>) -> Result<(), String> {
        let statement = sqlx::AssertSqlSafe(statement.into());
        sqlx::raw_sql(statement).execute(&self.raw).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Stage for Books {
    fn store(&self) -> &dyn Store {
        &self.db
    }

    async fn add(&self, cluster: &Cluster, users: &[UserName]) {
        for user in users {
            self.add_user(user.as_str()).await;
        }
        let new = NewOrganization {
            name: cluster.organization.clone(),
            owner: users[0].clone(),
            credit: MicroUsd::ZERO,
            limits: cluster.limits,
            version: cluster.version,
            is_public: cluster.is_public,
            prices: cluster.prices,
            allowance: cluster.account.allowance,
            at: NOW,
        };
        self.db.add_capped_organization(&new, cluster.node_cap).await.unwrap();
        self.everybody_joins().await;
    }
}

/// A line for the ledger.
pub(crate) fn line(key: &str, posting: Posting) -> Change {
    line_at(NOW, key, posting)
}

pub(crate) fn line_at(at: Moment, key: &str, posting: Posting) -> Change {
    Change::Enter(Entry { at, key: key.to_owned(), note: format!("the line {key}"), posting })
}

/// Ada pays two parts, and the organization one.
pub(crate) fn reserve(number: u64, amount: i64) -> Change {
    let ada = Payer { user: Some("ada".parse().unwrap()), weight: 2 };
    let payers = vec![ada, Payer { user: None, weight: 1 }];
    let reservation = Reservation { number, amount: MicroUsd(amount), payers };
    line(&format!("reserve:{number}"), Posting::Reserve(reservation))
}

pub(crate) fn charge(at: Moment, key: &str, payer: Option<&str>, amount: i64) -> Change {
    let payer = payer.map(|name| name.parse().unwrap());
    line_at(at, key, Posting::Charge { reservation: 0, payer, amount: MicroUsd(amount) })
}

pub(crate) fn warned() -> Change {
    Change::Warned(Warning::Percent(50))
}
