//! The suite that every store must pass.

use async_trait::async_trait;
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::conformance::{self, Stage};
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;
use sliderule_server::store::Database;

use crate::stage::Books;

#[tokio::test]
async fn the_database_does_what_every_store_must_do() {
    let books = Books::empty().await;
    for seed in 0..4 {
        conformance::check(&books, seed).await.unwrap();
    }
}

#[tokio::test]
async fn whatever_is_decided_the_cluster_that_is_remembered_is_the_one_that_was_written() {
    let books = Books::empty().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let compared = Compared { books, other };
    for seed in 10..14 {
        conformance::check(&compared, seed).await.unwrap();
    }
    compared.other.close().await;
}

/// A database of which everything is read a second time by somebody who wrote nothing and so remembers nothing.
struct Compared {
    books: Books,
    other: Database,
}

#[async_trait]
impl Store for Compared {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        self.books.db.begin_epoch().await
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        self.books.db.organizations().await
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        self.books.db.busy(now).await
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        let (remembered, read) =
            (self.books.db.cluster(organization).await?, self.other.cluster(organization).await?);
        assert_eq!(remembered, read);
        Ok(remembered)
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        self.books.db.change(writer, organizations, decide).await
    }
}

#[async_trait]
impl Stage for Compared {
    fn store(&self) -> &dyn Store {
        self
    }

    async fn add(&self, cluster: &Cluster, users: &[UserName]) {
        self.books.add(cluster, users).await;
    }
}
