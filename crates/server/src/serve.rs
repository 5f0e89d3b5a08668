//! The running server: what starts and stops in which order.
//!
//! Start: the directory's lock and the public socket (so that a second server or a taken port is told at
//! once), database, keys, engine, gateway, internal listener, reconciler (which adopts the nodes it
//! finds), public listener. Stop: no new connections, the reconciler ends the nodes, which finish what
//! they have within the tail, then everything else. A server that is killed leaves its nodes running; the
//! next start adopts them, or their leases end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use sliderule_api::OrganizationName;
use sliderule_control::{Clock, Reconciler, Store, SystemClock, Traffic};
use sliderule_engines::ClusterEngine;
use sliderule_gateway::Gateway;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::auth::{GitHub, Hasher, SigningKey, TokenMint};
use crate::clusters::House;
use crate::config::Config;
use crate::data::{DataDir, ServerLock};
use crate::front::{Front, Listener, Page};
use crate::internal::{self, Internal};
use crate::store::Database;
use crate::{Error, local_engine, router};

/// What connections may take to finish once the nodes are gone.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How much longer than the tail the end of the last node may take to be seen.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that is up.
pub struct Server {
    url: String,
    tail: Duration,
    db: Database,
    reconciler: Arc<Reconciler>,
    public: Handle<SocketAddr>,
    serving: JoinHandle<std::io::Result<()>>,
    stop_reconciling: oneshot::Sender<()>,
    reconciling: JoinHandle<()>,
    internal: JoinHandle<()>,
    _lock: ServerLock,
}

impl Server {
    /// Starts the server with nodes as processes of this machine.
    ///
    /// # Errors
    /// Whatever keeps it from starting, as a sentence.
    pub async fn start(config: Config, data: DataDir) -> Result<Self, Error> {
        // Only the directory's one server may look after what is in it.
        let lock = data.lock()?;
        let engine = local_engine::engine(&config, &data)?;
        Self::begin(lock, config, data, engine, Arc::new(SystemClock)).await
    }

    /// Starts the server with that engine and clock.
    ///
    /// # Errors
    /// Whatever keeps it from starting, as a sentence.
    pub async fn start_with(
        config: Config,
        data: DataDir,
        engine: Arc<dyn ClusterEngine>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let lock = data.lock()?;
        Self::begin(lock, config, data, engine, clock).await
    }

    async fn begin(
        lock: ServerLock,
        mut config: Config,
        data: DataDir,
        engine: Arc<dyn ClusterEngine>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        // An error means that somebody installed one before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = Listener::bind(&config).await?;
        config.listen = listener.address();
        let db = data.database().await?;
        let begun = Self::begin_on(db.clone(), lock, listener, config, data, engine, clock).await;
        if begun.is_err() {
            db.close().await;
        }
        begun
    }

    /// What follows once there is a database, which the caller closes if this fails.
    async fn begin_on(
        db: Database,
        lock: ServerLock,
        listener: Listener,
        config: Config,
        data: DataDir,
        engine: Arc<dyn ClusterEngine>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let github = config.github_api.as_deref().map(GitHub::new).transpose()?;
        let key = SigningKey::load_or_create(&data.signing_key())?;
        let mint = Arc::new(TokenMint::new(key, config.tokens));
        let terms = engine.terms();
        let house = House { db: db.clone(), mint: mint.clone(), clock: clock.clone(), terms };
        let gateway = Gateway::new(Arc::new(house));

        let internal = Internal { db: db.clone(), clock: clock.clone(), terms, gateway: gateway.clone() };
        let internal = internal::start(&data, config.internal_listen, internal).await?;

        let traffic = Arc::new(Routes(gateway.clone()));
        let reconciler = Arc::new(Reconciler::new(Arc::new(db.clone()), engine, clock.clone(), traffic));
        // Whoever starts the server has repaired what kept nodes from starting, or wants to see it again.
        db.forgive_failed_boots().await?;
        adopt(&db, &reconciler).await?;
        let (stop_reconciling, stopped) = oneshot::channel::<()>();
        let running = reconciler.clone();
        let reconciling = tokio::spawn(async move {
            // Told to stop, or this server was dropped: either way it is over.
            running.run(async { drop(stopped.await) }).await;
        });

        let front = Front {
            domain: config.domain.clone(),
            gateway,
            page: Page::new(config.www.clone()),
            https: listener.is_https(),
            api: router::api(Arc::new(App {
                config,
                db: db.clone(),
                clock,
                mint,
                hasher: Hasher::default(),
                github,
                reconciler: reconciler.clone(),
            })),
        };
        let (url, public) = (listener.url(), Handle::new());
        let serving = tokio::spawn(listener.serve(public.clone(), front.into_router()));
        Ok(Self {
            url,
            tail: terms.tail,
            db,
            reconciler,
            public,
            serving,
            stop_reconciling,
            reconciling,
            internal,
            _lock: lock,
        })
    }

    /// Where the public listener is: scheme, address and port.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves until `stop` is done, then stops orderly: no node and no file handle is left.
    ///
    /// # Errors
    /// The public listener failed.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let mut ended = tokio::select! {
            () = stop => None,
            ended = &mut self.serving => Some(ended),
        };
        tracing::info!("stopping: nodes finish what they have");
        self.public.graceful_shutdown(None);
        // A reconciler that is gone already needs not be told.
        let _ = self.stop_reconciling.send(());
        let _ = self.reconciling.await;
        let left = self.reconciler.stop_all(self.tail + PATIENCE).await;
        // With the nodes gone, what is still connected is idle or deaf.
        if ended.is_none() {
            ended = tokio::time::timeout(LAST_WORDS, &mut self.serving).await.ok();
        }
        self.public.shutdown();
        for task in [self.serving.abort_handle(), self.internal.abort_handle()] {
            task.abort();
        }
        self.db.close().await;
        let left = match left {
            Some(0) => None,
            Some(left) => Some(format!("{left} nodes could not be seen ending")),
            None => Some("whether all nodes ended could not be seen; the log says why".to_owned()),
        };
        if let Some(left) = left {
            return Err(Error::Failed(format!(
                "{left}; their leases end them, and the next start looks after them"
            )));
        }
        match ended {
            Some(Ok(served)) => served.map_err(Error::io("serve the public listener")),
            Some(Err(broken)) => Err(Error::Failed(format!("the public listener broke: {broken}"))),
            None => Ok(()),
        }
    }
}

/// Done once the process is told to end, by Ctrl-C or SIGTERM.
///
/// # Errors
/// The machine does not let us hear it.
pub fn interrupted() -> Result<impl Future<Output = ()>, Error> {
    let hear = |kind| signal(kind).map_err(Error::io("listen for signals"));
    let (mut interrupt, mut terminate) = (hear(SignalKind::interrupt())?, hear(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Looks at every cluster once, so that the first client already finds the nodes that outlived the server
/// before this one.
async fn adopt(db: &Database, reconciler: &Reconciler) -> Result<(), Error> {
    for organization in db.organizations().await? {
        if let Err(error) = reconciler.reconcile(&organization).await {
            tracing::error!(%organization, %error, "a cluster could not be looked at; it is tried again");
        }
    }
    Ok(())
}

/// The gateway, as the reconciler steers it.
struct Routes(Arc<Gateway>);

impl Traffic for Routes {
    fn admit(&self, organization: &OrganizationName, address: &str) {
        self.0.admit(organization, address);
    }

    fn withdraw(&self, organization: &OrganizationName, address: &str) {
        self.0.withdraw(organization, address);
    }

    fn is_member(&self, organization: &OrganizationName, address: &str) -> bool {
        self.0.is_member(organization, address)
    }
}
