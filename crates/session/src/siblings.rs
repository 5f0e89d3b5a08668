//! What the tabs and workers of one origin say to each other.
//!
//! Sessions over token stores that are not shared (a tab's sessionStorage) ask each other for tokens before they ask a
//! server, tell each other of new ones, and of a sign-out. Always holds: what is heard is believed only about the
//! same deployment, organization and principal, and only where it was asked for or is newer than what is held.

use std::rc::Rc;

use sliderule_api::OrganizationName;

use crate::account::{Account, Tokens, last_principal_key, record_key};
use crate::json::{self, Part, Read, Write};
use crate::renewal::stored;
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
pub(crate) fn tell(world: &World, key: &str, tokens: &Rc<Tokens>) {
    world.broadcast(word("news", &[("key", &key), ("tokens", &**tokens)]));
}

/// Tells the others that tokens are revoked.
pub(crate) fn tell_signed_out(world: &World, key: &str) {
    world.broadcast(word("signed_out", &[("key", &key)]));
}

/// Asks the others for tokens that are newer than those held. What they have is then held, and waited for no longer than
/// until it is there.
pub(crate) async fn ask(
    world: &World,
    provisioning: &str,
    organization: &OrganizationName,
    principal: Option<&str>,
) -> Option<Rc<Tokens>> {
    let asking = Asking::begin(world, organization, principal);
    let after = world.with(|state| {
        let account = state.accounts.get(organization)?;
        account.tokens.as_ref().map(|tokens| tokens.issued_at)
    });
    let after = after.unwrap_or(0);
    let told = |state: &State| {
        let tokens = state.accounts.get(organization)?.tokens.as_ref()?;
        let is_wanted = tokens.issued_at > after && principal.is_none_or(|name| name == tokens.principal);
        is_wanted.then(|| tokens.clone())
    };
    let place = last_principal_key(provisioning, organization);
    let question = word("ask", &[("place", &place), ("principal", &asking.principal), ("after", &after)]);
    world.ask_siblings(question, |state| told(state).is_some()).await;
    world.with(|state| told(state))
}

/// A question to the others, for as long as somebody waits for the answer: what is told after the call that asked was
/// cancelled is not taken up.
struct Asking<'a> {
    world: &'a World,
    organization: &'a OrganizationName,
    principal: Option<String>,
}

impl<'a> Asking<'a> {
    fn begin(world: &'a World, organization: &'a OrganizationName, principal: Option<&str>) -> Self {
        let principal = principal.map(str::to_owned);
        world.with(|state| {
            if !state.accounts.contains(organization) {
                state.accounts.insert(organization.clone(), Account::default());
            }
            if let Some(account) = state.accounts.get_mut(organization) {
                account.asking.push(principal.clone());
            }
        });
        Self { world, organization, principal }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.world.with(|state| {
            let asking = state.accounts.get_mut(self.organization).map(|account| &mut account.asking);
            if let Some(asking) = asking
                && let Some(at) = asking.iter().position(|principal| *principal == self.principal)
            {
                asking.remove(at);
            }
        });
    }
}

/// Takes up what another session said, or answers it.
pub(crate) fn heard(world: &World, message: &str) {
    let Some(word) = json::read::<Word>(message) else { return };
    let target = world.target();
    let (Some(organization), Some(provisioning)) = (&target.organization, &target.provisioning) else {
        return;
    };
    match word {
        Word::News { key, tokens } => {
            if key == record_key(provisioning, organization, &tokens.principal) {
                take_up(world, organization, key, tokens);
            }
        }
        Word::Ask { place, principal, after } => {
            let held = world.with(|state| state.accounts.get(organization)?.tokens.clone());
            let wanted = |tokens: &Rc<Tokens>| {
                place == last_principal_key(provisioning, organization)
                    && principal.is_none_or(|name| name == tokens.principal)
                    && tokens.issued_at > after
            };
            if let Some(tokens) = held.filter(wanted) {
                tell(world, &record_key(provisioning, organization, &tokens.principal), &tokens);
            }
        }
        Word::SignedOut { key } => {
            let ended = world.with(|state| {
                let tokens = state.accounts.get(organization)?.tokens.as_ref()?;
                (key == record_key(provisioning, organization, &tokens.principal)).then_some(())?;
                state.accounts.remove(organization)
            });
            if ended.is_some() {
                announce(world);
                // A tab that was duplicated has a copy of its own; nobody waits until that is gone.
                drop(world.forget(key));
            }
        }
    }
}

fn take_up(world: &World, organization: &OrganizationName, key: String, tokens: Rc<Tokens>) {
    // Whoever asks keeps what it is told.
    let was_asked = world
        .with(|state| state.accounts.get(organization).is_some_and(|account| !account.asking.is_empty()));
    let taken = world.with(|state| {
        let account = state.accounts.get_mut(organization)?;
        let wanted = match &account.tokens {
            Some(held) => is_newer(&tokens, held),
            None => account
                .asking
                .iter()
                .any(|principal| principal.as_ref().is_none_or(|name| *name == tokens.principal)),
        };
        wanted.then(|| account.tokens = Some(tokens.clone()))
    });
    if taken.is_none() {
        return;
    }
    world.changed();
    announce(world);
    if !was_asked {
        world.spawn(Box::pin(keep(world.clone(), key, tokens)));
    }
}

/// Keeps tokens that were heard of, where the store does not have them yet: a duplicated tab has a store of its own, and in it a
/// refresh token that was used, with which a reload would end.
async fn keep(world: World, key: String, tokens: Rc<Tokens>) {
    let _lock = world.lock(key.clone()).await;
    if stored(&world, &key, &tokens).await.is_none() {
        world.save(key, tokens.to_record()).await;
    }
}

/// Tokens of the same principal, received later.
pub(crate) fn is_newer(tokens: &Tokens, held: &Tokens) -> bool {
    tokens.principal == held.principal
        && tokens.user == held.user
        && tokens.issued_at > held.issued_at
        && tokens.access != held.access
}
