//! `cargo xtask bench control`: how long the provisioning system takes for what users wait for, and how much it takes at
//! once.
//!
//! | file | what it measures |
//! |---|---|
//! | `reconcile` | one round over 10,000 organizations of which 1,000 run |
//! | `wake` | from an order to a sleeping cluster to the first byte of its answer, with real processes |
//! | `api` | the HTTP API under load from a second process, at 10 and at 10,000 organizations |
//! | `balance` | the balance of an organization with a million lines in its ledger |
//! | `house` | a database with organizations in it |
//! | `server` | the provisioning system as a process |
//! | `report` | the table, and the file |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that fails is over, and a table is for the terminal"
)]

mod api;
mod balance;
mod house;
mod reconcile;
mod report;
mod server;
mod wake;

use report::Report;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == api::generator::ARGUMENT) {
        // One thread costs least.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(api::generator::run());
    } else {
        tokio::runtime::Runtime::new().unwrap().block_on(measure(&arguments));
    }
}

async fn measure(arguments: &[String]) {
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let only = after("--only");
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let mut report = Report::default();
    if wanted("reconcile") {
        reconcile::measure(&mut report).await;
    }
    if wanted("wake") {
        wake::measure(&mut report).await;
    }
    if wanted("api") {
        api::measure(&mut report).await;
    }
    if wanted("balance") {
        balance::measure(&mut report).await;
    }
    report.print();
    if let Some(file) = after("--json") {
        report.write(file.as_ref());
    }
    assert!(report.is_met(), "a goal is missed");
}
