//! A thousand members of one organization order at once.

use futures_util::stream::{self, StreamExt};
use sliderule_api::{MicroUsd, UserName};
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::cluster::{Cluster, Request};
use sliderule_provisioning::order::{self, Order, Wish};
use sliderule_provisioning::promise::books;
use sliderule_provisioning::step::Policy;
use sliderule_provisioning::time::{Moment, Terms};
use sliderule_server::store::Database;

use crate::stage::{Books, NOW};

const MEMBERS: u32 = 1000;

/// An hour later.
const UNTIL: Moment = Moment(NOW.0 + 3_600_000);

/// What one node each for that many members costs at least.
async fn budget_for(members: u32) -> i64 {
    let mut cluster = Books::of_acme().await.cluster("acme").await;
    let request = |member: u32| Request {
        id: format!("r-{member}").parse().unwrap(),
        user: name(member),
        nodes: 1,
        created_at: NOW,
        expires_at: UNTIL,
    };
    cluster.requests = (0..members).map(request).collect();
    books(&cluster, NOW, Terms::LOCAL).promised.ceil().0
}

fn name(member: u32) -> UserName {
    format!("member-{member}").parse().unwrap()
}

/// Whether the member got a node.
async fn order_one(db: &Database, member: u32) -> bool {
    let id: sliderule_api::RequestId = format!("r-{member}").parse().unwrap();
    let wish = Wish::Place { id, nodes: 1, until: UNTIL, replace: false };
    let order = Order { user: name(member), wish, key: None };
    let policy = Policy::usual(Terms::LOCAL);
    let mut is_granted = false;
    let decide = &mut |cluster: &Cluster| {
        let decided = order::order(cluster, &order, NOW, &policy);
        is_granted = decided.is_ok();
        decided.map_or_else(|_| Vec::new(), |step| step.changes)
    };
    let changed = db.change(Writer::Operator, &["crowd".parse().unwrap()], decide).await.unwrap();
    assert_eq!(changed[0].outcome, Ok(()));
    is_granted
}

async fn exactly_as_many_as_the_budget_covers_get_one(covered: u32) {
    let books = Books::of_acme().await;
    let members: Vec<UserName> = (0..MEMBERS).map(name).collect();
    let members = serde_json::to_string(&members).unwrap();
    books
        .sql(format!(
            "INSERT INTO users (name, email, password_hash, created_at_ms)
             SELECT value, value || '@example.org', '', 0 FROM json_each('{members}')"
        ))
        .await
        .unwrap();
    books.add_organization("crowd", budget_for(covered).await).await;
    let other = Database::open(books.db.path()).await.unwrap();
    // More at once would only wait in line for the one that writes.
    let both = [&books.db, &other];
    let orders = (0..MEMBERS).map(|member| order_one(both[member as usize % 2], member));
    let granted = stream::iter(orders).buffer_unordered(50).filter(|granted| std::future::ready(*granted));
    assert_eq!(granted.count().await, covered as usize);
    let crowd = books.cluster("crowd").await;
    assert_eq!(crowd.requests.len(), covered as usize);
    let free = sliderule_provisioning::promise::books(&crowd, NOW, Terms::LOCAL).free().floor();
    assert_eq!(free, MicroUsd::ZERO, "to the last micro-dollar");
    other.close().await;
}

#[tokio::test]
async fn a_thousand_members_get_nothing_without_money() {
    exactly_as_many_as_the_budget_covers_get_one(0).await;
}

#[tokio::test]
async fn one_of_a_thousand_members_gets_the_one_node_there_is_money_for() {
    exactly_as_many_as_the_budget_covers_get_one(1).await;
}

#[tokio::test]
async fn five_hundred_of_a_thousand_members_get_a_node() {
    exactly_as_many_as_the_budget_covers_get_one(500).await;
}
