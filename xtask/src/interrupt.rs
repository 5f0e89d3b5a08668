//! Ctrl-C and SIGTERM become a flag that everything which waits looks at, so that whatever runs is ended
//! in order instead of being dropped where it stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::{Failure, Result};

/// Whether somebody asked these commands to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on the signals raise the flag instead of ending the process.
    pub(crate) fn listen() -> Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupt.0))
                .map_err(|error| Failure::said(format!("cannot listen for signal {signal}: {error}")))?;
        }
        Ok(interrupt)
    }

    pub(crate) fn raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// [`Failure::Interrupted`] once the flag is up.
    pub(crate) fn check(&self) -> Result<()> {
        if self.raised() { Err(Failure::Interrupted) } else { Ok(()) }
    }
}
