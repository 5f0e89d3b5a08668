//! From an order to a sleeping cluster to the first byte of its answer, with real processes.

use std::time::{Duration, Instant};

use crate::report::{Report, median, quantile};
use crate::server::Server;

/// How often the cluster is woken.
const WAKES: usize = 40;

/// How often a client asks again.
const AGAIN: Duration = Duration::from_millis(2);

/// No wake takes this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Wakes a sleeping cluster again and again.
pub(crate) async fn measure(report: &mut Report) {
    let server = Server::start().await;
    // What is slow only once, such as reading the programs from the disk, is no part of a wake.
    wake(&server, "first").await;
    let mut measured = Vec::new();
    for index in 0..WAKES {
        measured.push(wake(&server, &format!("wake-{index}")).await);
    }
    server.stop();
    let what = format!("asleep to first byte with one local node, median of {WAKES} wakes");
    report.goal("wake_ms_median", what, median(&mut measured), 150.0);
    report.add("wake_ms_p95", "the same, 95th percentile", quantile(&mut measured, 0.95));
}

/// Wakes the cluster, and lets it fall asleep again.
async fn wake(server: &Server, key: &str) -> Duration {
    let began = Instant::now();
    let request = server.order(key).await;
    while !server.answers().await {
        assert!(began.elapsed() < PATIENCE, "the cluster does not wake");
        tokio::time::sleep(AGAIN).await;
    }
    let took = began.elapsed();
    server.release(&request).await;
    let released = Instant::now();
    while !server.is_asleep().await {
        assert!(released.elapsed() < PATIENCE, "the cluster does not fall asleep");
        tokio::time::sleep(AGAIN * 10).await;
    }
    took
}
