//! How many may listen at once: every listener is a connection that stays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sliderule_api::OrganizationName;

use crate::http::{Member, Refusal};

/// Listeners of one organization.
const OF_ORGANIZATION: usize = 256;

/// Listeners of one user in one organization: tabs, notebooks, and those whose end is not noticed yet.
const OF_USER: usize = 8;

/// How long who finds no seat may wait before they ask again, in seconds.
const WAIT: u32 = 15;

/// Who listens.
#[derive(Debug, Default)]
pub(super) struct Seats(Arc<Mutex<HashMap<OrganizationName, HashMap<i64, usize>>>>);

/// The right to listen, while it is held.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    organization: OrganizationName,
    user: i64,
}

impl Seats {
    /// Takes a seat.
    ///
    /// # Errors
    /// 429 if the user, or the organization, has none left.
    pub(super) fn take(&self, member: &Member) -> Result<Seat, Refusal> {
        let (organization, user) = (member.organization.clone(), member.claims.user_id);
        let mut seats = self.lock();
        let taken = seats.entry(organization.clone()).or_default();
        let own = taken.get(&user).copied().unwrap_or(0);
        if own >= OF_USER {
            let message = format!("you listen {own} times already; end one of those, or share it");
            return Err(Refusal::throttled(message, WAIT));
        }
        if taken.values().sum::<usize>() >= OF_ORGANIZATION {
            let message =
                format!("{OF_ORGANIZATION} others listen to {organization} already; ask for the status");
            return Err(Refusal::throttled(message, WAIT));
        }
        taken.insert(user, own + 1);
        Ok(Seat { seats: Self(self.0.clone()), organization, user })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationName, HashMap<i64, usize>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.lock();
        let Some(taken) = seats.get_mut(&self.organization) else { return };
        match taken.get_mut(&self.user) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.user)),
        }
        if taken.is_empty() {
            seats.remove(&self.organization);
        }
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::tokens::{Audience, Claims, TokenKind};

    use super::{OF_ORGANIZATION, OF_USER, Seats};
    use crate::http::Member;
    use crate::store::Role;

    fn member(user_id: i64) -> Member {
        let organization: sliderule_api::OrganizationName = "acme".parse().unwrap();
        let aud = Audience::Organization(organization.clone());
        let claims = Claims {
            token_type: TokenKind::Access,
            exp: 1,
            iat: 0,
            jti: String::new(),
            sid: String::new(),
            org_name: aud.clone(),
            aud,
            user_name: "ada".parse().unwrap(),
            user_id,
        };
        Member { claims, organization, role: Role::Member }
    }

    #[test]
    fn neither_a_user_nor_an_organization_takes_all_seats_and_each_is_given_back() {
        let seats = Seats::default();
        let mut taken: Vec<_> = (0..OF_USER).map(|_| seats.take(&member(1)).unwrap()).collect();
        assert!(seats.take(&member(1)).is_err());
        let others = OF_ORGANIZATION - OF_USER;
        taken.extend((2..).take(others).map(|user| seats.take(&member(user)).unwrap()));
        assert!(seats.take(&member(-1)).is_err());
        drop(taken.pop());
        drop(seats.take(&member(-1)).unwrap());
        drop(taken);
        assert!(seats.lock().is_empty());
    }
}
