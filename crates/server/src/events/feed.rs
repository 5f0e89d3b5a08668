//! The task of one organization that somebody listens to: hears its bell, looks, passes on.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sliderule_api::OrganizationName;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Passed;
use super::snapshot::Snapshot;
use crate::app::{App, Shared};
use crate::handlers::{notices, status};
use crate::http::Refusal;
use crate::store::{Hearing, News};

/// How soon after a look the next one is at the earliest: a storm of changes is some twenty looks a second.
const PACE: Duration = Duration::from_millis(50);

/// How soon after a look that failed the next one is.
const RETRY: Duration = Duration::from_secs(1);

/// Notices that one look takes at most; the next one takes the rest.
const NOTICES: u32 = 500;

/// Looks and passes on, as long as somebody listens.
pub(super) async fn run(app: Shared, organization: OrganizationName, feed: watch::Sender<Passed>) {
    let hearing = app.db.bell().hear(&organization);
    let look = async |former: Passed, news| look(&app, &organization, former.as_deref(), news).await;
    pass_on(&hearing, &feed, look, || app.events.part(&organization)).await;
}

/// The same without knowing what is looked at. Ends when nobody listens and `part` agrees.
async fn pass_on<T, L: Future<Output = Result<T, Refusal>>>(
    hearing: &Hearing,
    feed: &watch::Sender<Option<Arc<T>>>,
    look: impl Fn(Option<Arc<T>>, News) -> L,
    part: impl Fn() -> bool,
) {
    let mut news = News { members: false };
    loop {
        let begun = Instant::now();
        let former = feed.borrow().clone();
        match look(former, news).await {
            Ok(seen) => {
                feed.send_replace(Some(Arc::new(seen)));
                news.members = false;
                tokio::time::sleep_until(begun + PACE).await;
            }
            // The log says why. Nothing that was heard is forgotten.
            Err(_refusal) => {
                tokio::time::sleep_until(begun + RETRY).await;
                if feed.is_closed() && part() {
                    return;
                }
                continue;
            }
        }
        loop {
            tokio::select! {
                heard = hearing.news() => {
                    news.members |= heard.members;
                    break;
                }
                () = feed.closed() => if part() { return },
            }
        }
    }
}

/// Reads what is known now.
async fn look(
    app: &App,
    organization: &OrganizationName,
    former: Option<&Snapshot>,
    news: News,
) -> Result<Snapshot, Refusal> {
    let Some(former) = former else {
        // Read first: what is told from here on is passed on.
        let newest = app.db.notices(organization, None, None, 1).await?;
        let last = newest.last().map_or(0, |told| told.number);
        let cluster = app.cluster(organization).await?;
        return Ok(Snapshot::first(&status::of(app, &cluster).await, last));
    };
    // The cluster is read first, so that nothing is told before what it is about.
    let cluster = app.cluster(organization).await?;
    let status = status::of(app, &cluster).await;
    let told = app.db.notices(organization, None, Some(former.last), NOTICES).await?;
    if u32::try_from(told.len()).is_ok_and(|number| number == NOTICES) {
        app.db.bell().ring(organization);
    }
    let told = told.into_iter().map(|told| notices::shown(app, told)).collect();
    Ok(former.next(&status, told, news))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::store::Bell;

    #[tokio::test(start_paused = true)]
    async fn a_storm_is_twenty_looks_a_second_and_its_last_change_is_seen_as_soon_as_the_first() {
        let (bell, acme) = (Bell::default(), "acme".parse().unwrap());
        let hearing = bell.hear(&acme);
        let (feed, mut passed) = watch::channel(None::<Arc<u32>>);
        let changes = Arc::new(AtomicU32::new(0));
        let made = changes.clone();
        let running = tokio::spawn(async move {
            let look = |_, _| std::future::ready(Ok(made.load(Ordering::SeqCst)));
            pass_on(&hearing, &feed, look, || true).await;
        });
        let looks = tokio::spawn(async move {
            let (mut looks, mut last) = (0, 0);
            while last < 2000 {
                passed.changed().await.unwrap();
                (looks, last) = (looks + 1, **passed.borrow_and_update().as_ref().unwrap());
            }
            (looks, Instant::now())
        });
        for _ in 0..2000 {
            changes.fetch_add(1, Ordering::SeqCst);
            bell.ring(&acme);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let ended = Instant::now();
        let (looks, last) = looks.await.unwrap();
        assert!((30..=42).contains(&looks), "{looks} looks in two seconds");
        assert!(last.saturating_duration_since(ended) <= PACE);
        running.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_heard_during_a_look_that_fails_is_not_forgotten() {
        let (bell, acme) = (Bell::default(), "acme".parse().unwrap());
        let hearing = bell.hear(&acme);
        let (feed, mut passed) = watch::channel(None::<Arc<bool>>);
        let asked = Arc::new(AtomicU32::new(0));
        let running = tokio::spawn(async move {
            let look = |_, news: News| {
                let fails = asked.fetch_add(1, Ordering::SeqCst) == 1;
                std::future::ready(if fails { Err(Refusal::internal()) } else { Ok(news.members) })
            };
            pass_on(&hearing, &feed, look, || true).await;
        });
        passed.changed().await.unwrap();
        bell.ring_members(&acme);
        passed.changed().await.unwrap();
        assert!(**passed.borrow_and_update().as_ref().unwrap());
        drop(passed);
        running.await.unwrap();
    }
}
