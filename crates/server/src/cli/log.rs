//! The log of this process, on standard error: the answer of a command is on standard output.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Error;
use crate::config::{Log, LogFormat};

/// Begins to log. `RUST_LOG`, where it is set, goes before the level.
///
/// # Errors
/// The level cannot be understood, or something logs already.
pub(super) fn begin(log: &Log) -> Result<(), Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::Input(format!("`log.level` cannot be used: {error}"));
    let filter = match EnvFilter::try_from_default_env() {
        Ok(filter) => filter,
        Err(_) => EnvFilter::try_new(&log.level).map_err(|error| wrong(&error))?,
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).finish().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).finish().try_init(),
    };
    begun.map_err(|error| Error::Failed(format!("the log cannot begin: {error}")))
}
