//! A node from its listener to its orderly end.

use std::sync::Arc;

use axum::serve::ListenerExt;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::info;

use crate::announced::{Family, Identity};
use crate::error::Error;
use crate::http::router;
use crate::node::{Node, Parts};
use crate::orchestrator::Orchestrator;
use crate::peer::Peers;
use crate::settings::Settings;
use crate::wire::Wire;

/// Serves on `listener`, and registers with the orchestrator, until `shutdown` is ready. Then no connection
/// is accepted any more, running streams are finished, their locks are given back, and it returns.
///
/// # Errors
///
/// If the listener breaks.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let local = listener.local_addr().map_err(Error::Serve)?;
    let address = format!("http://{local}");
    let (stop, stopping) = watch::channel(false);
    let peers = Peers::default();
    let node = Arc::new(Node::new(Parts {
        identity: Identity {
            release: settings.announce,
            organization: settings.organization,
            launched: Timestamp::now(),
        },
        address: address.clone(),
        wire: Wire::new(Family::of(settings.announce), local.ip().to_string())?,
        orchestrator: settings.orchestrator.map(|url| Orchestrator::new(&url, peers.clone())),
        peers,
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        stopping,
    }));
    info!(address, announces = %node.identity.release, "serving");

    // The listener exists, so a connection made from now on is answered: time to say so.
    let registration = node.orchestrator.clone().map(|orchestrator| {
        let mut stopping = node.stopping.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = orchestrator.keep_registered(&address) => {}
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        })
    });

    let listener = listener.tap_io(|connection| {
        // Without it records wait for one another; the connection works all the same.
        let _as_it_is = connection.set_nodelay(true);
    });
    axum::serve(listener, router(Arc::clone(&node)))
        .with_graceful_shutdown(async move {
            shutdown.await;
            info!("stopping: finishing what runs");
            stop.send_replace(true);
        })
        .await
        .map_err(Error::Serve)?;

    if let Some(registration) = registration {
        registration.abort();
    }
    // Connections are over; what a client that hung up left behind still gives its locks back.
    let mut running = node.running.subscribe();
    let _closed = running.wait_for(|running| *running == 0).await;
    info!("stopped");
    Ok(())
}
