//! Everything that can go wrong in the node, each as one sentence.

use std::net::SocketAddr;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter of a request makes no sense.
    #[error("{0}")]
    Parameter(String),

    /// The address to listen on cannot be had.
    #[error("cannot listen on {address}: {source}; choose another --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },

    /// The listener broke.
    #[error("the node stopped serving: {0}")]
    Serve(#[source] std::io::Error),

    /// The program cannot ask to be told about signals.
    #[error("cannot wait for SIGTERM and SIGINT: {0}")]
    Signals(#[source] std::io::Error),

    /// A fit broke down.
    #[error("the fit broke down: {0}")]
    Fit(String),

    /// The definitions built into the program, or a record made with them, are not right.
    #[error("a record could not be made: {0}")]
    Record(#[from] sliderule_records::Error),

    /// The definitions built into the program are not JSON.
    #[error("the definitions built into this program cannot be read: {0}")]
    Definitions(#[source] serde_json::Error),

    /// Another server did not answer as it should.
    #[error("{address} {problem}")]
    Peer {
        /// Whom we asked.
        address: String,
        /// What it did.
        problem: String,
        /// Whether the other was never reached, so that nothing can have come of it.
        unreached: bool,
    },

    /// The client went away.
    #[error("the client hung up")]
    HungUp,
}
