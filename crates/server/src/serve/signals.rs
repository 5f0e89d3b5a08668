//! When the process is told to end.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

use crate::Error;

/// Done once the process was told to end so many times, by Ctrl-C or SIGTERM. SIGHUP ends nothing: it is for whoever
/// watches the certificate.
///
/// # Errors
/// The machine does not let us hear it.
pub fn interrupted(times: u32) -> Result<impl Future<Output = ()>, Error> {
    let hear = |kind| signal(kind).map_err(Error::io("listen for signals"));
    let (mut interrupt, mut terminate) = (hear(SignalKind::interrupt())?, hear(SignalKind::terminate())?);
    let ends_nothing = hear(SignalKind::hangup())?;
    Ok(async move {
        for _ in 0..times {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        drop(ends_nothing);
    })
}
