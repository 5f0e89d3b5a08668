//! Writing decisions: whatever number of them, each kind of row with one statement.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use sliderule_api::UserName;
use sliderule_control::store::StoreError;
use sliderule_provisioning::cluster::Cluster;

use super::draft::Draft;
use super::read::warned_text;
use crate::store::audit::AuditRow;
use crate::store::nodes::NodeRows;
use crate::store::requests::RequestRows;
use crate::store::{Tx, audit, failed, ledger, notices, run_over};

/// The rows of users, with their names, by their names in lower case: names that differ in case only are one user's.
pub(super) struct Users(HashMap<String, (i64, String)>);

impl Users {
    /// Finds everybody whom the drafts name.
    pub(super) async fn of(
        tx: &mut Tx,
        drafts: &[Arc<Draft>],
        doing: &'static str,
    ) -> Result<Self, StoreError> {
        let names: BTreeSet<&UserName> = drafts.iter().flat_map(|draft| draft.users()).collect();
        if names.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let found: Vec<(String, i64)> = sqlx::query_as(
            "SELECT users.name, users.id FROM json_each(?) AS named CROSS JOIN users ON users.name = named.value",
        )
        .bind(serde_json::to_string(&names).map_err(failed(doing))?)
        .fetch_all(&mut **tx)
        .await
        .map_err(failed(doing))?;
        let by_name = found.into_iter().map(|(name, id)| (name.to_ascii_lowercase(), (id, name)));
        Ok(Self(by_name.collect()))
    }

    /// Somebody whom the draft names, and who is nobody's row.
    pub(super) fn stranger(&self, draft: &Draft) -> Option<UserName> {
        draft.users().find(|name| self.row(name).is_none()).cloned()
    }

    /// Whether the draft writes everybody's name as the database does, so that what is read afterwards is what the draft
    /// says.
    pub(super) fn are_exact(&self, draft: &Draft) -> bool {
        draft.users().all(|name| self.row(name).is_some_and(|(_, known)| known == name.as_str()))
    }

    fn row(&self, name: &UserName) -> Option<&(i64, String)> {
        self.0.get(&name.as_str().to_ascii_lowercase())
    }

    /// The row of a user.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn id(&self, name: &UserName, doing: &'static str) -> Result<i64, StoreError> {
        self.row(name).map(|(id, _)| *id).ok_or_else(|| failed(doing)(format!("there is no user {name}")))
    }
}

/// What an organization's row says of its cluster and its money.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct OrganizationRow(
    i64,            // id
    u32,            // min_nodes
    u32,            // max_nodes
    Option<u32>,    // per_user
    String,         // version
    bool,           // suspended
    bool,           // paused
    u32,            // failed_boots
    Option<i64>,    // failed_round_ms
    Option<i64>,    // trouble_at_ms
    Option<String>, // trouble_what
    i64,            // node_hour_micro_usd
    i64,            // fixed_hour_micro_usd
    i64,            // allowance_micro_usd
    Option<i64>,    // allowance_cap_micro_usd
    i32,            // credited_through
    String,         // warned
    u32,            // node_cap
);

impl OrganizationRow {
    fn of(id: i64, cluster: &Cluster) -> Self {
        let Cluster { limits, prices, trouble, account, .. } = cluster;
        Self(
            id,
            limits.min_nodes,
            limits.max_nodes,
            limits.per_user,
            cluster.version.to_string(),
            cluster.suspended,
            cluster.paused,
            cluster.failed_boots,
            cluster.failed_round.map(|at| at.0),
            trouble.as_ref().map(|trouble| trouble.at.0),
            trouble.as_ref().map(|trouble| trouble.what.clone()),
            prices.node_hour.0,
            prices.fixed_hour.0,
            account.allowance.monthly.0,
            account.allowance.cap.map(|cap| cap.0),
            account.allowance.credited_through.0,
            warned_text(&account.warned),
            cluster.node_cap,
        )
    }
}

/// The rows of any number of drafts.
#[derive(Default)]
struct Rows {
    organizations: Vec<OrganizationRow>,
    nodes: NodeRows,
    requests: RequestRows,
    lines: Vec<ledger::Row>,
    notices: Vec<notices::Row>,
    audit: Vec<AuditRow>,
}

/// Writes what the drafts say. If a rule of the schema refuses a row, some of it may be written. The answer is whether
/// something in the database is another than before; otherwise that is not known.
pub(super) async fn write(
    tx: &mut Tx,
    drafts: &[Arc<Draft>],
    users: &Users,
    doing: &'static str,
) -> Result<bool, StoreError> {
    let mut rows = Rows::default();
    for draft in drafts {
        rows.add_cluster(draft);
        rows.add_requests(draft, users, doing)?;
        rows.add_money(draft, users, doing)?;
        rows.audit
            .extend(draft.lines.iter().map(|line| AuditRow::of(Some(draft.kept.id), &line.entry, line.at)));
    }
    rows.nodes.write(tx, doing).await?;
    rows.requests.write(tx, doing).await?;
    run_over(
        tx,
        "UPDATE organizations SET min_nodes = new.value ->> 1, max_nodes = new.value ->> 2,
             per_user = new.value ->> 3, version = new.value ->> 4, suspended = new.value ->> 5,
             paused = new.value ->> 6, failed_boots = new.value ->> 7, failed_round_ms = new.value ->> 8,
             trouble_at_ms = new.value ->> 9, trouble_what = new.value ->> 10, node_hour_micro_usd = new.value ->> 11,
             fixed_hour_micro_usd = new.value ->> 12, allowance_micro_usd = new.value ->> 13,
             allowance_cap_micro_usd = new.value ->> 14, credited_through = new.value ->> 15, warned = new.value ->> 16,
             node_cap = new.value ->> 17
         FROM json_each(?) AS new WHERE organizations.id = new.value ->> 0",
        &rows.organizations,
        doing,
    )
    .await?;
    ledger::insert(tx, &rows.lines, doing).await?;
    notices::insert(tx, &rows.notices, doing).await?;
    audit::insert_all(tx, &rows.audit, doing).await?;
    Ok(!rows.organizations.is_empty()
        || !rows.lines.is_empty()
        || rows.requests.has_new()
        || rows.nodes.has_new())
}

impl Rows {
    fn add_cluster(&mut self, draft: &Draft) {
        let (id, before, after) = (draft.kept.id, &draft.kept.cluster, &draft.after);
        let row = OrganizationRow::of(id, after);
        if row != OrganizationRow::of(id, before) {
            self.organizations.push(row);
        }
        if before.fixed != after.fixed {
            self.nodes.fix(id, after.fixed.as_ref());
        }
        for node in &after.nodes {
            let is_new = draft.begun.contains(&node.id);
            if is_new {
                self.nodes.begin(id, node);
            } else if draft.metered.contains(&node.id) {
                self.nodes.meter(node);
            }
            if is_new || draft.moved.contains(&node.id) {
                self.nodes.place(node);
            }
        }
        for (node, at, failed_boot) in &draft.ended {
            if draft.begun.contains(&node.id) {
                self.nodes.begin(id, node);
            } else if draft.metered.contains(&node.id) {
                self.nodes.meter(node);
            }
            self.nodes.end(node, *at, *failed_boot);
        }
    }

    fn add_requests(&mut self, draft: &Draft, users: &Users, doing: &'static str) -> Result<(), StoreError> {
        let organization = draft.kept.id;
        let open = draft.after.requests.iter().map(|request| (request, None));
        let closed = draft.closed.iter().map(|(request, at)| (request, Some(*at)));
        for (request, closed_at) in open.chain(closed) {
            if let Some(cost) = draft.placed.get(&request.id) {
                let whose = (organization, users.id(&request.user, doing)?);
                self.requests.place(whose, request, *cost, closed_at);
            } else if closed_at.is_some() || draft.altered.contains(&request.id) {
                self.requests.alter(request, closed_at);
            }
        }
        for keyed in &draft.keyed {
            let whose = (organization, users.id(&keyed.user, doing)?);
            self.requests.key(whose, &keyed.key, &keyed.order, &keyed.request);
        }
        Ok(())
    }

    fn add_money(&mut self, draft: &Draft, users: &Users, doing: &'static str) -> Result<(), StoreError> {
        let organization = draft.kept.id;
        let (mut line, mut before) = (draft.kept.line, &draft.kept.cluster.account);
        for (entry, after) in &draft.entries {
            line += 1;
            let user = |name: &UserName| users.id(name, doing);
            self.lines.push(ledger::Row::of(organization, line, entry, (before, after), user)?);
            before = after;
        }
        for notice in &draft.notices {
            let user = notice.user.as_ref().map(|name| users.id(name, doing)).transpose()?;
            self.notices.push(notices::Row::of(organization, user, notice));
        }
        Ok(())
    }
}
