//! Simulated seeds over the real database: it comes to the same state as the model, whatever goes wrong around it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sliderule_control::Store;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;
use sliderule_server::store::NewOrganization;
use sliderule_simulator::crew::in_parallel;
use sliderule_simulator::kinds::Kind;
use sliderule_simulator::people::USERS;
use sliderule_simulator::poll::Poller;
use sliderule_simulator::simulation::{Plan, simulate_over};
use tempfile::TempDir;

use crate::stage::Books;

const SEEDS: u64 = 20;

/// How much of each: the night, and the morning's rush.
const AT_MOST: Duration = Duration::from_secs(10 * 3600);

#[test]
fn in_twenty_seeds_over_the_real_database_nothing_is_wrong() {
    let wrong = Mutex::new(Vec::new());
    in_parallel(SEEDS, |seed| {
        let plan = Plan { seed, days: 1, kinds: Kind::all(), plant: None, with_journal: false };
        // Kept until the seed is over.
        let mut books = None;
        let outcome = simulate_over(&plan, AT_MOST, |clusters| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let made = runtime.block_on(books_of(clusters));
            let store: Arc<dyn Store> = Arc::new(made.db.clone());
            books = Some(made);
            (Poller::Runtime(runtime), store)
        });
        if let Some(violation) = outcome.violation {
            wrong.lock().unwrap().push((seed, violation));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A database with these clusters, each as it is when its organization is added.
async fn books_of(clusters: &[Cluster]) -> Books {
    let books = Books::empty_in(folder()).await;
    for user in USERS {
        books.add_user(user).await;
    }
    for cluster in clusters {
        let new = NewOrganization {
            name: cluster.organization.clone(),
            owner: USERS[0].parse().unwrap(),
            credit: cluster.account.balance,
            limits: cluster.limits,
            version: cluster.version,
            is_public: cluster.is_public,
            prices: cluster.prices,
            allowance: cluster.account.allowance,
            at: Moment(0),
        };
        books.db.add_capped_organization(&new, cluster.node_cap).await.unwrap();
        assert_eq!(books.cluster(cluster.organization.as_str()).await, *cluster);
    }
    books.everybody_joins().await;
    books
}

/// In memory where that is possible: a seed makes tens of thousands of commits.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}
