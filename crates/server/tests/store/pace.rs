//! How fast it is: run with `cargo test --release -p sliderule-server --test store -- --ignored --nocapture pace`.

use std::time::Instant;

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::account::{Payer, Posting, Prices, Reservation};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::{Cluster, Node, NodeState, Request};
use sliderule_provisioning::meter::Meter;
use sliderule_provisioning::time::{Moment, Terms};

use crate::stage::{Books, NOW, line_at};

fn name(number: u32) -> OrganizationName {
    format!("org-{number}").parse().unwrap()
}

/// Three nodes, for ada and bob.
fn wake(cluster: &Cluster) -> Vec<Change> {
    let organization = &cluster.organization;
    let request = |user: &str| Change::Place {
        request: Request {
            id: format!("{organization}-{user}").parse().unwrap(),
            user: user.parse().unwrap(),
            nodes: 2,
            created_at: NOW,
            expires_at: Moment(i64::MAX),
        },
        cost: MicroUsd(1),
    };
    let held_until = NOW.after(Terms::LOCAL.lease);
    let node = |number: u32| {
        Change::Begin(Node {
            id: format!("{organization}-{number}").parse().unwrap(),
            state: NodeState::Ready,
            version: cluster.version,
            address: Some("http://127.0.0.1:9".to_owned()),
            ready_at: Some(NOW),
            meter: Meter::begin(NOW, held_until, Prices::LIST.node_hour),
        })
    };
    let fixed = Change::Fixed(Some(Meter::begin(NOW, held_until, Prices::LIST.fixed_hour)));
    let mut changes = vec![request("ada"), request("bob"), node(0), node(1), node(2), fixed];
    changes.push(reserve(NOW, 0));
    changes
}

fn reserve(at: Moment, number: u64) -> Change {
    let payer = |user: Option<&str>| Payer { user: user.map(|name| name.parse().unwrap()), weight: 20_000 };
    let payers = vec![payer(Some("ada")), payer(Some("bob")), payer(None)];
    let reservation = Reservation { number, amount: MicroUsd(20_000), payers };
    line_at(at, &format!("reservation:{number}"), Posting::Reserve(reservation))
}

/// Half a lease later: three meters and the fixed one, three charges, a settlement, a reservation.
fn renew(cluster: &Cluster, now: Moment) -> Vec<Change> {
    let held_until = now.after(Terms::LOCAL.lease);
    let on = |meter: Meter| Meter { held_until, ..meter.charge(now, Terms::LOCAL.tail).0 };
    let mut changes: Vec<Change> = cluster
        .nodes
        .iter()
        .map(|node| Change::Meter { node: node.id.clone(), meter: on(node.meter) })
        .collect();
    changes.push(Change::Fixed(cluster.fixed.map(on)));
    let pending = cluster.account.reservation.as_ref().unwrap();
    let number = pending.number;
    for (index, payer) in pending.payers.iter().enumerate() {
        let charge =
            Posting::Charge { reservation: number, payer: payer.user.clone(), amount: MicroUsd(2_300) };
        changes.push(line_at(now, &format!("charge:{number}:{index}"), charge));
    }
    changes.push(line_at(now, &format!("settle:{number}"), Posting::Settle { reservation: number }));
    changes.push(reserve(now, number + 1));
    changes
}

#[tokio::test]
#[ignore = "measures, and needs a release build"]
async fn pace_of_a_renewal_of_a_thousand_among_ten_thousand() {
    let books = Books::of_acme().await;
    books
        .sql(
            "INSERT INTO organizations (name, owner_id, min_nodes, max_nodes, version, is_public, node_hour_micro_usd,
                                        created_at_ms)
             WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 9999)
             SELECT 'org-' || n, 1, 0, 10, 'v4.0.4', 0, 226000, 0 FROM n",
        )
        .await
        .unwrap();
    let running: Vec<OrganizationName> = (0..1000).map(|number| name(number * 10)).collect();
    let credit = |_: &Cluster| vec![line_at(NOW, "c", Posting::Credit { amount: MicroUsd(1_000_000_000) })];
    let all: Vec<OrganizationName> = (0..10_000).map(name).collect();
    books.db.change(Writer::Operator, &all, &mut { credit }).await.unwrap();
    books.db.change(Writer::Operator, &running, &mut wake).await.unwrap();
    for round in 1..=10 {
        let now = Moment(NOW.0 + round * 30_000);
        let started = Instant::now();
        let busy = books.db.busy(now).await.unwrap();
        let found = started.elapsed();
        assert_eq!(busy.len(), 1000);
        let changed =
            books.db.change(Writer::Operator, &busy, &mut |cluster| renew(cluster, now)).await.unwrap();
        assert!(changed.iter().all(|changed| changed.outcome.is_ok()), "{changed:?}");
        let renewed = started.elapsed();
        books.db.change(Writer::Operator, &busy, &mut |_| Vec::new()).await.unwrap();
        let idle = started.elapsed() - renewed;
        eprintln!("busy {found:?}, with the renewal {renewed:?}; nothing to do {idle:?}");
    }
}

#[tokio::test]
#[ignore = "measures, and needs a release build"]
async fn pace_of_a_balance_after_a_million_lines() {
    let books = Books::of_acme().await;
    for batch in 0..100 {
        let line = |i: u32| line_at(NOW, &format!("{batch}:{i}"), Posting::Credit { amount: MicroUsd(1) });
        books.change(&(0..10_000).map(line).collect::<Vec<_>>()).await.unwrap();
    }
    for _ in 0..5 {
        let started = Instant::now();
        let balance = books.account().await.balance;
        let read = started.elapsed();
        let account = books.db.account(&"acme".parse().unwrap()).await.unwrap().unwrap();
        let shown = started.elapsed() - read;
        assert_eq!((balance, account.lines[0].number), (MicroUsd(11_000_000), 1_000_001));
        eprintln!("a whole cluster in {read:?}, its account with a hundred lines in {shown:?}");
    }
}
