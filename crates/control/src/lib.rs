//! The reconciler: it runs the domain's decisions over the traits [`Store`], `ClusterEngine` and
//! [`Clock`], and knows neither HTTP nor SQL.
//!
//! | module | what it holds |
//! |---|---|
//! | [`reconciler`] | passes over organizations, when they are made, and the orderly stop |
//! | `carry_out` | one action of a plan: intent first, then the act |
//! | `memory` | what one process remembers between passes |
//! | `secret` | what a node's runner pulls leases with |
//! | [`store`] | what the reconciler asks of a database |
//! | [`clock`] | the wall clock, as a trait |
//! | [`traffic`] | what carries requests to nodes, as a trait |

mod carry_out;
pub mod clock;
mod memory;
pub mod reconciler;
mod secret;
pub mod store;
pub mod traffic;

pub use clock::{Clock, SystemClock};
pub use reconciler::{ReconcileError, Reconciler};
pub use secret::secret_hash;
pub use store::{NewNode, Renewal, Store, StoreError};
pub use traffic::Traffic;
