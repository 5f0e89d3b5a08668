//! Who may write, who sees what, who is busy.

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_provisioning::account::{Allowance, Month};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::time::Moment;

use super::rules::{begin, credit, gone, place, reserve, settle};
use super::{NOW, Suite, Violation, blank, require};
use crate::few::{Job, few_at_once};
use crate::store::{StoreError, Writer};

pub(super) async fn check(suite: &Suite<'_>) -> Result<(), Violation> {
    unknown_organizations_are_left_out(suite).await?;
    nothing_decided_changes_nothing(suite).await?;
    no_update_is_lost(suite).await?;
    busy_organizations_are_exactly_those_with_something_to_do(suite).await?;
    an_earlier_server_is_fenced_and_an_operator_is_not(suite).await
}

async fn unknown_organizations_are_left_out(suite: &Suite<'_>) -> Result<(), Violation> {
    let (known, unknown) = (suite.organization().await?, suite.id::<OrganizationName>("org")?);
    let cluster = suite.cluster(&known).await?;
    require(cluster == blank(&known), || format!("an organization was added, and is {cluster:?}"))?;
    let found = suite.store().cluster(&unknown).await?;
    require(found.is_none(), || "an organization was found that was never added".to_owned())?;
    let all = suite.store().organizations().await?;
    require(all.contains(&known) && !all.contains(&unknown), || {
        "the organizations are not those that were added".to_owned()
    })?;
    let mut asked = Vec::new();
    let both = [unknown, known.clone()];
    let decide = &mut |cluster: &Cluster| {
        asked.push(cluster.organization.clone());
        Vec::new()
    };
    let changed = suite.store().change(Writer::Operator, &both, decide).await?;
    let answered: Vec<_> = changed.iter().map(|changed| &changed.organization).collect();
    require(answered == [&known], || format!("an unknown organization was not left out: {answered:?}"))?;
    asked.dedup();
    require(asked == [known], || format!("the wrong organizations were decided about: {asked:?}"))
}

async fn nothing_decided_changes_nothing(suite: &Suite<'_>) -> Result<(), Violation> {
    let organization = suite.organization().await?;
    suite.make(&organization, &[]).await?;
    let cluster = suite.cluster(&organization).await?;
    require(cluster == blank(&organization), || "a decision without changes changed something".to_owned())
}

/// Twenty writers at once each add one to what they are shown.
async fn no_update_is_lost(suite: &Suite<'_>) -> Result<(), Violation> {
    let organization = suite.organization().await?;
    let add_one = |_| -> Job<'_, Result<(), StoreError>> {
        Box::pin(async {
            let only = std::slice::from_ref(&organization);
            let decide = &mut |cluster: &Cluster| {
                vec![Change::FailedBoots { rounds: cluster.failed_boots + 1, latest: None }]
            };
            suite.store().change(Writer::Operator, only, decide).await.map(drop)
        })
    };
    for outcome in few_at_once(20, (0..20).map(add_one).collect()).await {
        outcome?;
    }
    let counted = suite.cluster(&organization).await?.failed_boots;
    require(counted == 20, || format!("twenty writers added one each, and it came to {counted}"))
}

async fn busy_organizations_are_exactly_those_with_something_to_do(
    suite: &Suite<'_>,
) -> Result<(), Violation> {
    let this_month = Month::of(NOW);
    let allow = |monthly: i64, credited_through: Month| {
        Change::Allow(Allowance { monthly: MicroUsd(monthly), cap: None, credited_through })
    };
    let (node, request) = (suite.id("node")?, suite.id("request")?);
    let (ended, closed) = (suite.id("node")?, suite.id("request")?);
    let minimum = |min_nodes| Change::Limit(Limits { min_nodes, max_nodes: 10, per_user: None });
    let cases = [
        ("nothing at all", false, vec![]),
        ("money alone", false, vec![credit("c", 5)]),
        ("a node", true, vec![begin(&node, NOW)]),
        ("a node that is gone", false, vec![begin(&ended, NOW), gone(&ended)]),
        ("an open request, also an expired one", true, vec![place(&request, Moment(1))?]),
        (
            "a closed request",
            false,
            vec![place(&closed, NOW)?, Change::Close { id: closed.clone(), at: NOW }],
        ),
        ("a minimum", true, vec![minimum(1)]),
        ("a reservation", true, vec![credit("c", 5), reserve("r", 0, 5)]),
        ("a settled reservation", false, vec![credit("c", 5), reserve("r", 0, 5), settle("s", 0)]),
        ("an allowance that is due", true, vec![allow(7, Month(this_month.0 - 1))]),
        ("an allowance that was given", false, vec![allow(7, this_month)]),
        ("an allowance of nothing", false, vec![allow(0, Month(0))]),
    ];
    for (what, is_busy, changes) in cases {
        let organization = suite.organization().await?;
        suite.make(&organization, &changes).await?;
        let busy = suite.store().busy(NOW).await?;
        let found = busy.iter().filter(|busy| **busy == organization).count();
        require(found == usize::from(is_busy), || {
            format!("an organization with {what} was named as busy {found} times")
        })?;
    }
    Ok(())
}

/// Also where the earlier server has nothing to change: it shall learn that it is over.
async fn an_earlier_server_is_fenced_and_an_operator_is_not(suite: &Suite<'_>) -> Result<(), Violation> {
    let organization = suite.organization().await?;
    let only = std::slice::from_ref(&organization);
    let earlier = suite.store().begin_epoch().await?;
    suite.store().change(Writer::Server(earlier), only, &mut |_| vec![credit("before", 1)]).await?;
    let later = suite.store().begin_epoch().await?;
    require(later > earlier, || format!("{later:?} was begun after {earlier:?}"))?;
    for changes in [vec![credit("after", 1)], Vec::new()] {
        let refused = suite.store().change(Writer::Server(earlier), only, &mut |_| changes.clone()).await;
        require(matches!(refused, Err(StoreError::Fenced)), || {
            format!("an earlier server was answered {refused:?}")
        })?;
    }
    let balance = suite.cluster(&organization).await?.account.balance;
    require(balance == MicroUsd(1), || "an earlier server changed something".to_owned())?;
    suite.store().change(Writer::Server(later), only, &mut |_| vec![credit("later", 2)]).await?;
    suite.store().change(Writer::Operator, only, &mut |_| vec![credit("operator", 4)]).await?;
    let balance = suite.cluster(&organization).await?.account.balance;
    require(balance == MicroUsd(7), || "the later server or an operator changed nothing".to_owned())
}
