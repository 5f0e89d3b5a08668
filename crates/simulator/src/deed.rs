//! What people do, as calls of the domain through a server, or through the operator's command line.

use std::convert::Infallible;

use sliderule_api::{MicroUsd, OrganizationName, RequestId, UserName};
use sliderule_control::store::{Store, Writer};
use sliderule_control::{Reconciler, Undecided, decide};
use sliderule_provisioning::change::Breach;
use sliderule_provisioning::hand::{self, Settings};
use sliderule_provisioning::order::{self, Order, Refusal};
use sliderule_provisioning::time::Moment;

use crate::page::Cause;

/// What somebody does.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// A user wants nodes, or wants to alter a request.
    Order(Order),
    /// An owner lets the cluster run again, with an order.
    Deploy(Order),
    /// A user releases one request, or all.
    Release(UserName, Option<RequestId>),
    /// An owner destroys the cluster.
    Destroy(UserName),
    /// An owner forgives failed boots.
    Refresh(UserName),
    /// An owner or the operator sets something.
    Set(Settings),
    /// The operator gives money, under that key.
    Credit(MicroUsd, String),
    /// The operator corrects the balance, under that key.
    Adjust(MicroUsd, String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The order is granted, as that request.
    Granted(RequestId),
    /// It was done before.
    Before,
    /// It was refused, for a reason that will not go away by itself.
    Refused(Refusal),
    /// Nobody knows; it can be tried again.
    Unknown,
    /// The store found a rule broken that the domain did not.
    Broken(Breach),
}

impl Deed {
    /// What it may do to what is free.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Order(_) | Self::Deploy(_) => Cause::Order,
            Self::Release(..) | Self::Destroy(_) | Self::Refresh(_) => Cause::Hand,
            Self::Set(Settings { prices, limits, .. }) if prices.is_none() && limits.is_none() => Cause::Hand,
            Self::Set(_) | Self::Credit(..) | Self::Adjust(..) => Cause::Outside,
        }
    }

    /// Whether it is the operator's, who needs no server.
    #[must_use]
    pub fn is_operator_s(&self) -> bool {
        matches!(self, Self::Credit(..) | Self::Adjust(..) | Self::Set(Settings { prices: Some(_), .. }))
    }

    /// Does it through a server.
    pub async fn ask(&self, server: &Reconciler, organization: &OrganizationName) -> Outcome {
        let plane = server.plane();
        let (clock, policy) = (&plane.clock, &plane.policy);
        match self {
            Self::Order(order) => {
                let made =
                    server.decide(organization, |cluster| order::order(cluster, order, clock.now(), policy));
                granted(made.await)
            }
            Self::Deploy(order) => {
                let made =
                    server.decide(organization, |cluster| hand::deploy(cluster, order, clock.now(), policy));
                granted(made.await)
            }
            Self::Release(user, id) => done(
                server
                    .decide(organization, |cluster| {
                        Ok(order::release(cluster, Some(user), id.as_ref(), clock.now()))
                    })
                    .await,
            ),
            Self::Destroy(by) => done(
                server
                    .decide(organization, |cluster| Ok(hand::destroy(cluster, Some(by), clock.now())))
                    .await,
            ),
            Self::Refresh(by) => done(
                server
                    .decide(organization, |cluster| Ok(hand::refresh(cluster, Some(by), clock.now())))
                    .await,
            ),
            Self::Set(settings) => done(
                server.decide(organization, |cluster| Ok(hand::set(cluster, settings, clock.now()))).await,
            ),
            Self::Credit(amount, key) => done(
                server
                    .decide(organization, |cluster| {
                        Ok(hand::credit(cluster, *amount, key, "credit", clock.now()))
                    })
                    .await,
            ),
            Self::Adjust(amount, key) => done(
                server
                    .decide(organization, |cluster| {
                        Ok(hand::adjust(cluster, *amount, key, "bill", clock.now()))
                    })
                    .await,
            ),
        }
    }

    /// Does it without a server, as the operator's commands do.
    pub async fn command(&self, store: &dyn Store, organization: &OrganizationName, now: Moment) -> Outcome {
        let made = decide(store, Writer::Operator, organization, |cluster| -> Result<_, Infallible> {
            Ok(match self {
                Self::Credit(amount, key) => hand::credit(cluster, *amount, key, "credit", now),
                Self::Adjust(amount, key) => hand::adjust(cluster, *amount, key, "bill", now),
                Self::Set(settings) => hand::set(cluster, settings, now),
                _ => hand::set(cluster, &Settings::default(), now),
            })
        });
        done(made.await)
    }
}

fn granted(made: Result<order::Grant, Undecided<Refusal>>) -> Outcome {
    match made {
        Ok(grant) => Outcome::Granted(grant.request.id),
        Err(Undecided::Refused(refusal)) => Outcome::Refused(refusal),
        Err(Undecided::Breach(Breach::OrderKeyTaken)) => Outcome::Before,
        Err(Undecided::Breach(breach)) => Outcome::Broken(breach),
        Err(Undecided::Store(_) | Undecided::UnknownOrganization) => Outcome::Unknown,
    }
}

fn done<T>(made: Result<T, Undecided<Infallible>>) -> Outcome {
    match made {
        Ok(_) => Outcome::Done,
        Err(Undecided::Breach(Breach::KeyTaken(_))) => Outcome::Before,
        Err(Undecided::Breach(breach)) => Outcome::Broken(breach),
        Err(Undecided::Store(_) | Undecided::UnknownOrganization) => Outcome::Unknown,
        Err(Undecided::Refused(never)) => match never {},
    }
}
