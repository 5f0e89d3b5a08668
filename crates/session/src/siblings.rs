//! What the tabs and workers of one origin say to each other.
//!
//! Sessions over token stores that are not shared (a tab's sessionStorage) ask each other for tokens before they ask a
//! server, tell each other of new ones, and of a sign-out. Always holds: what is heard is believed only about the
//! same deployment, organization and principal, and only where it was asked for or is newer than what is held.

use std::rc::Rc;

use crate::account::{Tokens, held, newer};
use crate::address::Target;
use crate::json::{self, Part, Read, Write};
use crate::sign_in::announce;
use crate::world::{State, World};

/// What one session says to the others.
enum Word {
    /// I have tokens.
    News {
        /// Where their record is kept.
        key: String,
        /// The tokens.
        tokens: Rc<Tokens>,
    },
    /// Who has tokens?
    Ask {
        /// Of which organization of which deployment.
        place: String,
        /// Whose; anybody's if nobody is named.
        principal: Option<String>,
        /// Received later than that.
        after: u64,
    },
    /// These tokens are revoked.
    SignedOut {
        /// Where their record was kept.
        key: String,
    },
}

/// A word as text: an object whose only field says which it is.
fn word(kind: &str, fields: &[(&str, &dyn Write)]) -> String {
    format!("{{\"{kind}\":{}}}", json::object(fields))
}

impl Read for Word {
    fn read(part: Part<'_>) -> Self {
        let (kind, part) = part.kind();
        match kind {
            "news" => Self::News { key: part.field("key"), tokens: part.field("tokens") },
            "ask" => Self::Ask {
                place: part.field("place"),
                principal: part.field("principal"),
                after: part.field("after"),
            },
            "signed_out" => Self::SignedOut { key: part.field("key") },
            _ => part.unreadable(Self::SignedOut { key: String::new() }),
        }
    }
}

/// Tells the others of new tokens.
pub(crate) fn tell(world: &World, target: &Target, tokens: &Tokens) {
    world.broadcast(word("news", &[("key", &target.key(&tokens.principal)), ("tokens", tokens)]));
}

/// Tells the others that tokens are revoked.
pub(crate) fn tell_signed_out(world: &World, key: &str) {
    world.broadcast(word("signed_out", &[("key", &key)]));
}

/// Asks the others for tokens that are newer than those held, and keeps what they tell. It is waited for no longer than until
/// it is there; what is told after the call that asked was cancelled is not taken up.
pub(crate) async fn ask(world: &World, target: &Target, principal: Option<&str>) -> Option<Rc<Tokens>> {
    let after = held(world, target).map_or(0, |tokens| tokens.issued_at);
    let told = |state: &State| {
        let (key, tokens) = state.told.as_ref()?;
        let is_wanted = *key == target.key(&tokens.principal)
            && tokens.issued_at > after
            && principal.is_none_or(|name| name == tokens.principal);
        is_wanted.then(|| tokens.clone())
    };
    let asked = [("place", &target.key("") as &dyn Write), ("principal", &principal), ("after", &after)];
    let question = word("ask", &asked);
    world.with(|state| state.told = None);
    world.ask_siblings(question, |state| told(state).is_some()).await;
    let tokens = world.with(|state| told(state))?;
    world.save(target.key(&tokens.principal), tokens.to_record()).await;
    Some(tokens)
}

/// Takes up what another session said, or answers it.
pub(crate) fn heard(world: &World, message: &str) {
    let Some(word) = json::read::<Word>(message) else { return };
    let target = world.target();
    let held = held(world, &target);
    match word {
        Word::News { key, tokens } => {
            if key != target.key(&tokens.principal) {
                return;
            }
            world.with(|state| {
                state.changes += 1;
                state.told = Some((key, tokens.clone()));
            });
            if held.is_some_and(|held| tokens.is_newer_than(&held)) {
                world.with(|state| state.account_mut(&target)?.tokens.replace(tokens.clone()));
                announce(world);
                world.spawn(Box::pin(keep(world.clone(), target, tokens)));
            }
        }
        Word::Ask { place, principal, after } => {
            if let Some(tokens) = held
                && place == target.key("")
                && principal.is_none_or(|name| name == tokens.principal)
                && tokens.issued_at > after
            {
                tell(world, &target, &tokens);
            }
        }
        Word::SignedOut { key } => {
            if let Some(organization) = &target.organization
                && held.is_some_and(|held| key == target.key(&held.principal))
            {
                world.with(|state| state.accounts.remove(organization));
                announce(world);
                // A tab that was duplicated has a copy of its own. It is seen to whether or not somebody waits.
                drop(world.forget(key));
            }
        }
    }
}

/// Keeps tokens that were heard of, where the store does not have newer ones yet: a duplicated tab has a store of its own, and in
/// it a refresh token that was used, with which a reload would end.
async fn keep(world: World, target: Rc<Target>, tokens: Rc<Tokens>) {
    let key = target.key(&tokens.principal);
    let _lock = world.lock(key.clone()).await;
    if newer(&world, &target, &tokens).await.is_none() {
        world.save(key, tokens.to_record()).await;
    }
}
