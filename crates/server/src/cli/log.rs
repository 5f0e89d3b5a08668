//! The log of this process, on standard error: the answer of a command is on standard output.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use super::log_writer::{Lines, Writing};
use crate::Error;
use crate::config::{Log, LogFormat};

/// Begins the log of a command, which writes little.
///
/// # Errors
/// Something logs already.
pub(super) fn begin() -> Result<(), Error> {
    log_to(&Log::default(), BoxMakeWriter::new(std::io::stderr))
}

/// Begins the log of a server; all of it is written once what this returns is dropped.
///
/// # Errors
/// The level cannot be understood, or something logs already.
pub(super) fn begin_serving(log: &Log) -> Result<Writing, Error> {
    let writing = Lines::write_to(std::io::stderr()).map_err(Error::io("start a thread for the log"))?;
    let lines = writing.lines();
    log_to(log, BoxMakeWriter::new(move || lines.clone()))?;
    Ok(writing)
}

/// `RUST_LOG`, where it is set, goes before the level.
fn log_to(log: &Log, to: BoxMakeWriter) -> Result<(), Error> {
    let filter = match EnvFilter::try_from_default_env() {
        Ok(filter) => filter,
        Err(_) => EnvFilter::try_new(&log.level)
            .map_err(|error| Error::Input(format!("`log.level` cannot be used: {error}")))?,
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(to);
    let begun = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).finish().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).finish().try_init(),
    };
    begun.map_err(|error| Error::Failed(format!("the log cannot begin: {error}")))
}
