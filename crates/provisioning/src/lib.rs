//! The domain of the provisioning system: how large a cluster shall be, what to do about the
//! difference, and what it costs.
//!
//! Pure functions of state and time. There is no clock here, no socket and no database: the same
//! logic runs natively under proptest, in the reconciler (`control`) and in the simulator.
//!
//! | module | what it decides |
//! |---|---|
//! | [`cluster`] | the state everything is decided from: limits, requests, nodes, money |
//! | [`size`] | demand and target size, the next instant they change, and why |
//! | [`plan`] | what to launch, drain, end and forget, from the wanted and the listed nodes |
//! | [`money`] | what a lease costs, and what a request may cost at most |
//! | [`describe`] | the cluster's state in one word and one sentence |

pub mod cluster;
pub mod describe;
pub mod money;
pub mod plan;
pub mod size;

#[cfg(test)]
mod samples;
