//! Every act on every authority over every membership: as a table that people read, and what holds for all of it.

use sliderule_api::members::{MembershipState, Role};

use super::{Act, Authority, Membership, Refused, act, leave, request};

const ACTS: [Act; 7] = [
    Act::Approve,
    Act::Refuse,
    Act::Deactivate,
    Act::Reactivate,
    Act::Give(Role::Member),
    Act::Give(Role::Manager),
    Act::Give(Role::Owner),
];

/// No membership, and every one there can be.
fn memberships() -> Vec<Option<Membership>> {
    let all =
        Role::ALL.into_iter().flat_map(|role| MembershipState::ALL.map(|state| Membership { role, state }));
    std::iter::once(None).chain(all.map(Some)).collect()
}

fn authorities() -> Vec<Authority> {
    std::iter::once(Authority::Operator).chain(memberships().into_iter().map(Authority::Person)).collect()
}

fn active(role: Role) -> Authority {
    Authority::Person(Some(Membership { role, state: MembershipState::Active }))
}

fn word(before: Option<Membership>, outcome: Result<Option<Membership>, Refused>) -> &'static str {
    match outcome {
        Err(Refused::ManagersOnly) => "no",
        Err(Refused::OwnersOnly) => "owner",
        Err(Refused::NoMembership) => "nobody",
        Err(Refused::State(_)) => "state",
        Err(Refused::LastOwner) => "last",
        Ok(after) if after == before => "same",
        Ok(None) => "none",
        Ok(Some(after)) if before.is_none_or(|before| before.role == after.role) => after.state.as_str(),
        Ok(Some(after)) => after.role.as_str(),
    }
}

/// One line for each membership, one column for each act.
fn table(authority: Authority, other_owners: u32) -> String {
    let line = |subject: Option<Membership>| {
        let name = subject.map_or("-".to_owned(), |held| format!("{} {}", held.state, held.role));
        let cells =
            ACTS.map(|what| format!("{:<12}", word(subject, act(what, authority, subject, other_owners))));
        format!("{name:<20}{}", cells.concat()).trim_end().to_owned()
    };
    memberships().into_iter().map(line).collect::<Vec<_>>().join("\n")
}

const OWNER: &str = "\
-                   nobody      nobody      nobody      nobody      nobody      nobody      nobody
requested member    active      none        state       state       state       state       state
active member       same        state       deactivated same        same        manager     owner
deactivated member  state       state       same        active      same        manager     owner
requested manager   active      none        state       state       state       state       state
active manager      same        state       deactivated same        member      same        owner
deactivated manager state       state       same        active      member      same        owner
requested owner     active      none        state       state       state       state       state
active owner        same        state       deactivated same        member      manager     same
deactivated owner   state       state       same        active      member      manager     same";

const MANAGER: &str = "\
-                   nobody      nobody      nobody      nobody      owner       owner       owner
requested member    active      none        state       state       owner       owner       owner
active member       same        state       deactivated same        owner       owner       owner
deactivated member  state       state       same        active      owner       owner       owner
requested manager   owner       owner       owner       owner       owner       owner       owner
active manager      owner       owner       owner       owner       owner       owner       owner
deactivated manager owner       owner       owner       owner       owner       owner       owner
requested owner     owner       owner       owner       owner       owner       owner       owner
active owner        owner       owner       owner       owner       owner       owner       owner
deactivated owner   owner       owner       owner       owner       owner       owner       owner";

#[test]
fn the_operator_and_owners_may_do_what_the_table_says() {
    for authority in [Authority::Operator, active(Role::Owner)] {
        assert_eq!(table(authority, 1), OWNER, "{authority:?}");
        let last = OWNER.replace(
            "active owner        same        state       deactivated same        member      manager     same",
            "active owner        same        state       last        same        last        last        same",
        );
        assert_eq!(table(authority, 0), last, "{authority:?}");
    }
}

#[test]
fn managers_look_after_members_and_nobody_else() {
    assert_eq!(
        (table(active(Role::Manager), 1).as_str(), table(active(Role::Manager), 0).as_str()),
        (MANAGER, MANAGER)
    );
}

#[test]
fn everybody_else_is_refused_everything_and_learns_nothing() {
    let powerless = authorities().into_iter().filter(|authority| {
        ![Authority::Operator, active(Role::Owner), active(Role::Manager)].contains(authority)
    });
    let mut checked = 0;
    for authority in powerless {
        for (what, subject) in
            ACTS.into_iter().flat_map(|what| memberships().into_iter().map(move |held| (what, held)))
        {
            assert_eq!(
                act(what, authority, subject, 1),
                Err(Refused::ManagersOnly),
                "{authority:?} {what:?}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 8 * 7 * 10, "members, who asked, who is switched off, and strangers");
}

#[test]
fn whoever_does_what_an_owner_is_left_and_repeating_it_changes_nothing() {
    for authority in authorities() {
        for what in ACTS {
            for subject in memberships() {
                for others in [0, 1] {
                    let Ok(after) = act(what, authority, subject, others) else { continue };
                    let owners =
                        |held: Option<Membership>| others + u32::from(held.is_some_and(Membership::owns));
                    assert!(owners(subject) == 0 || owners(after) > 0, "{authority:?} {what:?} {subject:?}");
                    let again = act(what, authority, after, others);
                    let fine = again == Ok(after) || (after.is_none() && again == Err(Refused::NoMembership));
                    assert!(fine, "{authority:?} {what:?} {subject:?}: {again:?}");
                }
            }
        }
    }
}

#[test]
fn people_ask_leave_and_withdraw_for_themselves() {
    let word = |held: Option<Membership>| {
        let asked = word(held, request(held).map(Some));
        let left = |others| word(held, leave(held, others).map(|()| None));
        [asked, left(1), left(0)].join(" ")
    };
    let words: Vec<_> = memberships().into_iter().map(word).collect();
    assert_eq!(
        words,
        [
            "requested same same", // a stranger
            "same none none",      // a member: requested, active, deactivated
            "same none none",
            "state state state",
            "same none none", // a manager
            "same none none",
            "state state state",
            "same none none", // an owner
            "same none last",
            "state state state",
        ]
    );
}
