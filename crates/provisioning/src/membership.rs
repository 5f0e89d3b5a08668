//! Who may do what to whose membership, and what becomes of it.
//!
//! A membership is asked for by whoever wants it and answered by those who look after the organization: managers look
//! after members, owners and the operator after everybody, and only these say who is a manager or an owner.
//!
//! Always holds: an organization that has an owner keeps one; nobody changes the membership of somebody who ranks as
//! high as they do, but owners; repeating what is done changes nothing.

use sliderule_api::members::{MembershipState, Role};

#[cfg(test)]
mod tests;

/// A membership. Who was refused, or has left, has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// What they may do while it is active.
    pub role: Role,
    /// Where it stands.
    pub state: MembershipState,
}

impl Membership {
    /// Whether it makes its holder an owner now.
    #[must_use]
    pub fn owns(self) -> bool {
        self == Self { role: Role::Owner, state: MembershipState::Active }
    }

    fn active(self) -> Self {
        Self { state: MembershipState::Active, ..self }
    }
}

/// What is done to somebody's membership by whoever looks after the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A request is granted.
    Approve,
    /// A request is turned down.
    Refuse,
    /// The membership is switched off.
    Deactivate,
    /// It is switched on again.
    Reactivate,
    /// It has another role from now on.
    Give(Role),
}

/// On whose authority it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The operator: the command line, or staff.
    Operator,
    /// Somebody with that membership of the organization, or none.
    Person(Option<Membership>),
}

/// Why it is refused. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Only owners and managers look after memberships.
    ManagersOnly,
    /// Only an owner may do that, or do it to an owner or manager.
    OwnersOnly,
    /// The subject has no membership.
    NoMembership,
    /// That cannot be done to a membership in this state.
    State(MembershipState),
    /// Nobody would be left who owns the organization.
    LastOwner,
}

/// What becomes of a person's own membership when they ask for one.
///
/// # Errors
/// It is switched off, and theirs to ask for no more.
pub fn request(own: Option<Membership>) -> Result<Membership, Refused> {
    match own {
        None => Ok(Membership { role: Role::Member, state: MembershipState::Requested }),
        Some(Membership { state: MembershipState::Deactivated, .. }) => {
            Err(Refused::State(MembershipState::Deactivated))
        }
        Some(standing) => Ok(standing),
    }
}

/// Whether a person may give up their own membership, or withdraw their request. `other_owners` counts the owners
/// besides them who can sign in.
///
/// # Errors
/// Nobody else owns the organization; or the membership is switched off, and would be forgotten.
pub fn leave(own: Option<Membership>, other_owners: u32) -> Result<(), Refused> {
    match own {
        Some(Membership { state: MembershipState::Deactivated, .. }) => {
            Err(Refused::State(MembershipState::Deactivated))
        }
        Some(standing) if standing.owns() && other_owners == 0 => Err(Refused::LastOwner),
        _ => Ok(()),
    }
}

/// What becomes of the subject's membership; `None` if it is over. `other_owners` counts the owners besides the subject
/// who can sign in.
///
/// # Errors
/// Why nothing becomes of it.
pub fn act(
    act: Act,
    authority: Authority,
    subject: Option<Membership>,
    other_owners: u32,
) -> Result<Option<Membership>, Refused> {
    let rank = rank(authority).ok_or(Refused::ManagersOnly)?;
    if rank != Role::Owner && matches!(act, Act::Give(_)) {
        return Err(Refused::OwnersOnly);
    }
    let before = subject.ok_or(Refused::NoMembership)?;
    if rank != Role::Owner && before.role >= rank {
        return Err(Refused::OwnersOnly);
    }
    let after = outcome(act, before).ok_or(Refused::State(before.state))?;
    if before.owns() && !after.is_some_and(Membership::owns) && other_owners == 0 {
        return Err(Refused::LastOwner);
    }
    Ok(after)
}

/// How far the authority reaches; `None` for who has none.
fn rank(authority: Authority) -> Option<Role> {
    match authority {
        Authority::Operator => Some(Role::Owner),
        Authority::Person(Some(Membership { role, state: MembershipState::Active }))
            if role > Role::Member =>
        {
            Some(role)
        }
        Authority::Person(_) => None,
    }
}

/// What the act makes of a membership; `None` if it cannot be done to one in that state.
fn outcome(act: Act, before: Membership) -> Option<Option<Membership>> {
    use MembershipState::{Active, Deactivated, Requested};
    match (act, before.state) {
        (Act::Approve, Requested | Active) | (Act::Reactivate, Deactivated | Active) => {
            Some(Some(before.active()))
        }
        (Act::Refuse, Requested) => Some(None),
        (Act::Deactivate, Active | Deactivated) => Some(Some(Membership { state: Deactivated, ..before })),
        (Act::Give(role), Active | Deactivated) => Some(Some(Membership { role, ..before })),
        (Act::Approve, Deactivated)
        | (Act::Refuse, Active | Deactivated)
        | (Act::Deactivate | Act::Reactivate | Act::Give(_), Requested) => None,
    }
}
