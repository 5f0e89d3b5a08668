//! The domain of the provisioning system: how large a cluster shall be, what to do about the
//! difference, and what it costs.
//!
//! Pure functions of state, event and time that yield what to record and what to do. There is no clock here, no
//! socket and no database: the same logic runs natively under proptest, in the reconciler (`control`) and in the
//! simulator.
//!
//! | module | what it holds |
//! |---|---|
//! | [`time`], [`grains`] | instants, and exact money |
//! | [`cluster`], [`account`], [`meter`] | the state everything is decided from: requests, nodes, money, paid time |
//! | [`change`] | what a decision makes durable, and what that does to the state |
//! | [`step`] | the shape of every decision |
//! | [`demand`], [`size`] | what is asked for, how large a cluster shall be, and why |
//! | [`promise`], [`runway`] | what grants will still cost, what is free, and how long it lasts |
//! | [`order`] | an order of nodes: granted, refused, altered, released |
//! | [`hand`] | what owners and operators do by hand |
//! | [`membership`] | who may do what to whose membership |
//! | [`life`] | what nodes say of themselves |
//! | [`allowance`], [`payers`], [`shorten`], [`warnings`] | monthly credits, who pays, what ends when money falls short |
//! | [`look`] | one look at a cluster: observe, charge, launch, renew, drain |
//! | [`describe`] | the cluster's state in one word and one sentence |
//! | [`arrival`] | when the nodes that are wanted will be ready

pub mod account;
pub mod allowance;
pub mod arrival;
pub mod change;
pub mod cluster;
pub mod demand;
pub mod describe;
pub mod grains;
pub mod hand;
pub mod life;
pub mod look;
pub mod membership;
pub mod meter;
pub mod order;
pub mod payers;
pub mod promise;
pub mod runway;
pub mod shorten;
pub mod size;
pub mod step;
pub mod time;
pub mod warnings;

#[cfg(test)]
mod samples;
