//! Making what was decided, inside a transaction: for many at once, or for each by itself.

use std::collections::HashMap;
use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::store::StoreError;
use sliderule_provisioning::change::Breach;

use super::draft::{Draft, Keyed};
use super::read::Kept;
use super::refusal;
use super::write::{Users, write};
use crate::store::requests::{self, KeyOf};
use crate::store::{Tx, failed};

/// A cluster as it stands in the database once the transaction is committed.
#[derive(Debug)]
pub(in crate::store) struct Made {
    pub(in crate::store) kept: Kept,
    /// Whether it would be read like this, too: not if somebody's name was spelled in other letters.
    pub(in crate::store) is_exact: bool,
}

impl Made {
    fn of(draft: &Draft, users: &Users) -> Self {
        Self { kept: draft.made(), is_exact: users.are_exact(draft) }
    }
}

/// Makes all drafts, each of another cluster, or fails at the first rule that one of them breaks. With what was made comes
/// whether something in the database is surely another than before.
pub(in crate::store) async fn write_together(
    tx: &mut Tx,
    mut drafts: Vec<Arc<Draft>>,
    doing: &'static str,
) -> Result<(Vec<Made>, bool), StoreError> {
    let users = Users::of(tx, &drafts, doing).await?;
    if let Some(stranger) = drafts.iter().find_map(|draft| users.stranger(draft)) {
        return Err(failed(doing)(Breach::UnknownUser(stranger)));
    }
    let known = known_keys(tx, &drafts, &users, doing).await?;
    for draft in &mut drafts {
        settle_keys(draft, &known, &users, doing)?.map_err(failed(doing))?;
    }
    let is_another = write(tx, &drafts, &users, doing).await?;
    Ok((drafts.iter().map(|draft| Made::of(draft, &users)).collect(), is_another))
}

/// Makes all drafts, each of another cluster, that break no rule. The answer is what was made, and which rule each of the
/// others breaks.
pub(in crate::store) async fn write_each(
    tx: &mut Tx,
    drafts: Vec<Arc<Draft>>,
    doing: &'static str,
) -> Result<(Vec<Made>, HashMap<OrganizationName, Breach>), StoreError> {
    let users = Users::of(tx, &drafts, doing).await?;
    let (mut good, mut breaches) = (Vec::new(), HashMap::new());
    for draft in drafts {
        match users.stranger(&draft) {
            Some(stranger) => {
                drop(breaches.insert(draft.after.organization.clone(), Breach::UnknownUser(stranger)))
            }
            None => good.push(draft),
        }
    }
    let known = known_keys(tx, &good, &users, doing).await?;
    let mut unrefused = Vec::new();
    for mut draft in good {
        match settle_keys(&mut draft, &known, &users, doing)? {
            Ok(()) => unrefused.push(draft),
            Err(breach) => drop(breaches.insert(draft.after.organization.clone(), breach)),
        }
    }
    breaches.extend(refusal::write_unrefused(tx, &unrefused, &users, doing).await?);
    let made = unrefused.iter().filter(|draft| !breaches.contains_key(&draft.after.organization));
    Ok((made.map(|draft| Made::of(draft, &users)).collect(), breaches))
}

/// What the keys of orders in the drafts stand for already.
async fn known_keys(
    tx: &mut Tx,
    drafts: &[Arc<Draft>],
    users: &Users,
    doing: &'static str,
) -> Result<HashMap<KeyOf, (String, String)>, StoreError> {
    let mut keys = Vec::new();
    for draft in drafts {
        for keyed in &draft.keyed {
            keys.push(key_of(draft, keyed, users, doing)?);
        }
    }
    requests::keyed(tx, &keys, doing).await
}

fn key_of(draft: &Draft, keyed: &Keyed, users: &Users, doing: &'static str) -> Result<KeyOf, StoreError> {
    Ok(KeyOf(draft.kept.id, users.id(&keyed.user, doing)?, keyed.key.clone()))
}

/// Leaves out the keys that stand for the same order and request already. One that stands for something else is a
/// breach.
fn settle_keys(
    draft: &mut Arc<Draft>,
    known: &HashMap<KeyOf, (String, String)>,
    users: &Users,
    doing: &'static str,
) -> Result<Result<(), Breach>, StoreError> {
    if known.is_empty() {
        return Ok(Ok(()));
    }
    let mut unknown = Vec::new();
    for keyed in &draft.keyed {
        match known.get(&key_of(draft, keyed, users, doing)?) {
            Some((order, request)) if *order == keyed.order && request == keyed.request.as_str() => {}
            Some(_) => return Ok(Err(Breach::OrderKeyTaken)),
            None => unknown.push(keyed.clone()),
        }
    }
    Arc::make_mut(draft).keyed = unknown;
    Ok(Ok(()))
}
