//! The engine of `sliderule-ps serve`: nodes as processes of this machine.

use std::sync::Arc;

use sliderule_engines::ClusterEngine;
use sliderule_engines::local::{LocalConfig, LocalEngine, default_node_command};

use crate::Error;
use crate::config::Config;
use crate::data::DataDir;

/// The local engine, with this program as the runner of its nodes and the configured node program, or the
/// reference node beside this program.
///
/// # Errors
/// This program's own path is unknown, or the nodes' folder cannot be used.
pub fn engine(config: &Config, data: &DataDir) -> Result<Arc<dyn ClusterEngine>, Error> {
    let runner = std::env::current_exe().map_err(Error::io("find the path of this program"))?;
    let node_command = config.node_command.clone().unwrap_or_else(|| default_node_command(&runner));
    let engine = LocalEngine::new(LocalConfig {
        data: data.path().to_owned(),
        node_command,
        runner,
        terms: config.terms(),
    })?;
    Ok(Arc::new(engine))
}
