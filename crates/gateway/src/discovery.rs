//! The discovery service of one cluster, without I/O: who serves, who is locked, who is next.
//!
//! Follows `shared/reference/cluster-protocol.md`, section 2.8. Time and randomness come in through
//! arguments. What always holds: a node that expired or was withdrawn is neither chosen, locked nor
//! counted; no node has more than [`MAX_LOCKS`] locks; and what runs on a node is counted until it
//! ends, whatever became of the node's membership in between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sliderule_api::discovery::{LockAnswer, SERVICE, UnlockAnswer};

use crate::NodeAddress;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

/// How much work one node takes from other nodes at a time.
pub const MAX_LOCKS: usize = 3;

/// A lock lapses after this time even if a longer one was asked for.
pub const MAX_LOCK_TIME: Duration = Duration::from_secs(600);

/// A registration lapses after this time even if a longer one was asked for, so that a slip in a node's
/// configuration cannot keep a dead address for ever.
pub const MAX_LIFETIME: Duration = Duration::from_secs(3600);

/// How long a node that was [admitted](Registry::admit) is believed to serve before it registers itself:
/// the lifetime with which official nodes register, twice their period.
pub const ADMITTED_LIFETIME: Duration = Duration::from_secs(120);

/// Transaction ids stay below 10¹⁴: the JSON library of official nodes writes no more digits.
const TRANSACTION_IDS: u64 = 1 << 46;

/// The point in a registry's history at which something was decided elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsOf(u64);

/// The members of one cluster, their locks, and what runs on them.
#[derive(Debug)]
pub struct Registry {
    members: BTreeMap<NodeAddress, Member>,
    transactions: BTreeMap<u64, Transaction>,
    running: BTreeMap<NodeAddress, usize>,
    next_transaction: u64,
    withdrawals: u64,
}

#[derive(Debug)]
struct Member {
    service: String,
    expires: Instant,
}

#[derive(Debug)]
struct Transaction {
    address: NodeAddress,
    expires: Instant,
}

impl Registry {
    /// A registry without members. `random` sets the first transaction id, so that an id given before
    /// a restart of this process does not unlock what was locked after it.
    #[must_use]
    pub fn new(random: u64) -> Self {
        Self {
            members: BTreeMap::new(),
            transactions: BTreeMap::new(),
            running: BTreeMap::new(),
            next_transaction: random % (TRANSACTION_IDS / 2),
            withdrawals: 0,
        }
    }

    /// The present point in the registry's history, for [`register`](Self::register).
    #[must_use]
    pub fn as_of(&self) -> AsOf {
        AsOf(self.withdrawals)
    }

    /// A node that may serve, as was found out at `as_of`, registers or registers again. It keeps its
    /// locks unless it asks for a `reset`. Answers for how long it was taken in; `None` if a node was
    /// withdrawn since `as_of`, for then it may be this one: find out again.
    pub fn register(
        &mut self,
        address: NodeAddress,
        service: &str,
        lifetime: Duration,
        reset: bool,
        as_of: AsOf,
        now: Instant,
    ) -> Option<Duration> {
        if as_of != self.as_of() {
            return None;
        }
        if reset {
            self.transactions.retain(|_, transaction| transaction.address != address);
        }
        let lifetime = lifetime.min(MAX_LIFETIME);
        self.members.insert(address, Member { service: service.to_owned(), expires: now + lifetime });
        Some(lifetime)
    }

    /// A node is known to serve before it registers with us, because it did so with a process before
    /// this one. Changes nothing about a node that is a member.
    pub fn admit(&mut self, address: NodeAddress, now: Instant) {
        self.scrub(now);
        let expires = now + ADMITTED_LIFETIME;
        self.members.entry(address).or_insert_with(|| Member { service: SERVICE.to_owned(), expires });
    }

    /// The node gets nothing new. What runs on it stays counted until it ends.
    pub fn withdraw(&mut self, address: NodeAddress) {
        self.withdrawals += 1;
        self.forget(address);
    }

    /// Nothing listens at the address: the node is left out until it registers again.
    pub fn forget(&mut self, address: NodeAddress) {
        self.members.remove(&address);
    }

    /// Whether the node can be chosen for a client's request.
    pub fn is_member(&mut self, address: NodeAddress, now: Instant) -> bool {
        self.scrub(now);
        self.members.get(&address).is_some_and(|member| member.service == SERVICE)
    }

    /// How many nodes serve `service`.
    pub fn count(&mut self, service: &str, now: Instant) -> usize {
        self.scrub(now);
        self.members.values().filter(|member| member.service == service).count()
    }

    /// Locks up to `wanted` nodes of `service`, least-locked first, going round until every node is
    /// full. A node may be given several times. Fewer, even none, is a normal answer.
    pub fn lock(&mut self, service: &str, wanted: u32, timeout: Duration, now: Instant) -> LockAnswer {
        self.scrub(now);
        let mut nodes: Vec<(usize, NodeAddress)> =
            self.serving(service).map(|address| (self.locks(address), address)).collect();
        nodes.sort_unstable();
        let mut answer = LockAnswer::default();
        let mut wanted = wanted;
        while wanted > 0 && nodes.iter().any(|(locks, _)| *locks < MAX_LOCKS) {
            for (locks, address) in nodes.iter_mut().filter(|(locks, _)| *locks < MAX_LOCKS) {
                if wanted == 0 {
                    break;
                }
                wanted -= 1;
                *locks += 1;
                answer.members.push(address.to_string());
                answer.transactions.push(self.next_transaction);
                let expires = now + timeout.min(MAX_LOCK_TIME);
                self.transactions.insert(self.next_transaction, Transaction { address: *address, expires });
                self.next_transaction = (self.next_transaction + 1) % TRANSACTION_IDS;
            }
        }
        answer
    }

    /// Gives locks back. An unknown id counts as handled and as failed, which existing nodes expect.
    pub fn unlock(&mut self, transactions: &[u64], now: Instant) -> UnlockAnswer {
        self.scrub(now);
        let mut answer = UnlockAnswer { complete: 0, fail: 0 };
        for id in transactions {
            answer.complete = answer.complete.saturating_add(1);
            if self.transactions.remove(id).is_none() {
                answer.fail = answer.fail.saturating_add(1);
            }
        }
        answer
    }

    /// Chooses the node for a client's request and counts the request on it until
    /// [`finish`](Self::finish): one of those with the least to do (locks and running requests), by
    /// `random`, and none of those `tried` before. `None` if no node is left.
    pub fn begin(&mut self, tried: &[NodeAddress], random: u64, now: Instant) -> Option<NodeAddress> {
        self.scrub(now);
        let load = |address| self.locks(address) + self.running(address);
        let nodes: Vec<(usize, NodeAddress)> = self
            .serving(SERVICE)
            .filter(|address| !tried.contains(address))
            .map(|address| (load(address), address))
            .collect();
        let (least, _) = nodes.iter().min()?;
        let idle = || nodes.iter().filter(|(load, _)| load == least);
        let ticket = random % u64::try_from(idle().count()).ok()?;
        let (_, address) = idle().nth(usize::try_from(ticket).ok()?)?;
        *self.running.entry(*address).or_default() += 1;
        Some(*address)
    }

    /// A request that [`begin`](Self::begin) counted has ended, in whatever way.
    pub fn finish(&mut self, address: NodeAddress) {
        if let Some(count) = self.running.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.running.remove(&address);
            }
        }
    }

    /// How many requests of clients the node is answering.
    #[must_use]
    pub fn running(&self, address: NodeAddress) -> usize {
        self.running.get(&address).copied().unwrap_or_default()
    }

    /// How many locks the node has.
    fn locks(&self, address: NodeAddress) -> usize {
        self.transactions.values().filter(|transaction| transaction.address == address).count()
    }

    /// The nodes of a service, in the order of their addresses.
    fn serving(&self, service: &str) -> impl Iterator<Item = NodeAddress> {
        self.members.iter().filter(move |(_, member)| member.service == service).map(|(address, _)| *address)
    }

    /// Drops what has expired. Every reading method calls it first, so no timer is needed.
    fn scrub(&mut self, now: Instant) {
        self.members.retain(|_, member| member.expires > now);
        self.transactions.retain(|_, transaction| transaction.expires > now);
    }
}
