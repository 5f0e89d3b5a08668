//! The reconciler: it runs the domain's decisions over the traits [`Store`], `ClusterEngine` and
//! [`Clock`], and knows neither HTTP nor SQL.
//!
//! | module | what it holds |
//! |---|---|
//! | [`store`] | what the reconciler asks of a database |
//! | [`clock`] | the wall clock, as a trait |
//! | [`traffic`] | what carries requests to nodes, as a trait |

pub mod clock;
pub mod store;
pub mod traffic;

pub use clock::{Clock, SystemClock};
pub use store::{NewNode, Renewal, Store, StoreError};
pub use traffic::Traffic;
