//! What users do all the time, and what they know of it when the server dies.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sliderule_provisioning::cluster::Cluster;

use crate::proof::member::{Member, Said};

/// What a user knows of the requests they ever made.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    user: String,
    /// Answered: so many nodes, or released.
    certain: BTreeMap<String, Option<u64>>,
    /// Without an answer from now on.
    in_doubt: Vec<String>,
    /// An order without an answer, whose request has a name that nobody knows.
    unnamed: bool,
    orders: u64,
}

impl Known {
    pub(super) fn nothing(user: &str) -> Self {
        Self { user: user.to_owned(), ..Self::default() }
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// What was answered is as it was answered; what nobody knows may be.
    pub(super) fn assert_kept(&self, cluster: &Cluster) {
        let mine = cluster.requests.iter().filter(|request| request.user.as_str() == self.user);
        let stored: BTreeMap<&str, u64> =
            mine.map(|request| (request.id.as_str(), u64::from(request.nodes))).collect();
        for (id, nodes) in self.certain.iter().filter(|(id, _)| !self.in_doubt.contains(id)) {
            assert_eq!(stored.get(id.as_str()), nodes.as_ref(), "{}'s request {id}", self.user);
        }
        let unknown = stored.keys().filter(|id| !self.certain.contains_key(**id)).count();
        assert!(unknown <= usize::from(self.unnamed), "{} requests of {} twice", unknown, self.user);
    }

    /// Looks what has become of what was in doubt.
    pub(super) fn learn(&mut self, cluster: &Cluster) {
        let mine = cluster.requests.iter().filter(|request| request.user.as_str() == self.user);
        self.certain.values_mut().for_each(|nodes| *nodes = None);
        self.certain
            .extend(mine.map(|request| (request.id.as_str().to_owned(), Some(u64::from(request.nodes)))));
        self.in_doubt.clear();
        self.unnamed = false;
    }

    /// Acts until the server dies.
    pub(super) async fn act(mut self, member: Member, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        while self.one(&member, &mut random).await.is_some() {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..200))).await;
        }
        self
    }

    async fn one(&mut self, member: &Member, random: &mut StdRng) -> Option<()> {
        let live: Vec<String> =
            self.certain.iter().filter(|(_, nodes)| nodes.is_some()).map(|(id, _)| id.clone()).collect();
        let any = (!live.is_empty()).then(|| live[random.random_range(0..live.len())].clone());
        match (random.random_range(0..10), any) {
            (0..3, _) | (_, None) => {
                self.orders += 1;
                let key = format!("{}-{}-{}", self.user, self.orders, random.random::<u32>());
                let (nodes, seconds) = (random.random_range(1..=2), random.random_range(900..3600));
                self.unnamed = true;
                match member.order(&key, nodes, seconds).await {
                    Said::Yes(grant) => self.granted(&grant),
                    Said::No(..) => {}
                    Said::Nothing => return None,
                }
                self.unnamed = false;
            }
            (3..6, Some(id)) => {
                let change = if random.random() {
                    json!({ "nodes": random.random_range(1..=3) })
                } else {
                    json!({ "time_to_live_seconds": random.random_range(900..7200), "shorten": true })
                };
                self.in_doubt.push(id.clone());
                match member.alter(&id, change).await {
                    Said::Yes(grant) => self.granted(&grant),
                    Said::No(..) => {}
                    Said::Nothing => return None,
                }
                self.in_doubt.pop();
            }
            (6..9, Some(id)) => {
                self.in_doubt.push(id.clone());
                match member.release(&id).await {
                    Said::Yes(_) => drop(self.certain.insert(id, None)),
                    Said::No(..) => {}
                    Said::Nothing => return None,
                }
                self.in_doubt.pop();
            }
            _ => {
                if member.version().await == Said::Nothing {
                    return None;
                }
            }
        }
        Some(())
    }

    fn granted(&mut self, grant: &Value) {
        let request = &grant["request"];
        let id = request["id"].as_str().unwrap().to_owned();
        self.certain.insert(id, request["nodes"].as_u64());
    }
}
