//! The running server: what starts and stops in which order.
//!
//! Start: the directory's lock and the public socket (so that a second server or a taken port is told at
//! once), steady time, database and term of office, keys, engine, gateway, reconciler, internal listener, a first look
//! at all clusters (which adopts the nodes it finds), public listener. Stop: no new connections, the reconciler ends
//! the nodes, which finish what they have within the tail, then everything else. A server that is killed leaves its
//! nodes running; the next start adopts them, or their leases end; so does one that is told twice to end. One that
//! another server has taken over from ends and leaves the nodes alone: they are the other's.
//!
//! | module | what it holds |
//! |---|---|
//! | `routes` | the gateway, as the reconciler steers it |
//! | `signals` | when the process is told to end |
//! | `steady_time` | steady time, noted while the server runs |

mod routes;
mod signals;
mod steady_time;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum_server::Handle;
use sliderule_control::reconciler::Ended;
use sliderule_control::store::Store;
use sliderule_control::{Clock, Plane, Reconciler, random_ids};
use sliderule_engines::ClusterEngine;
use sliderule_gateway::Gateway;
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};

use crate::app::App;
use crate::auth::{Flows, GitHub, Hasher, Lineage, TokenMint, node_secrets};
use crate::boots::Boots;
use crate::clusters::House;
use crate::config::{Config, secret};
use crate::data::{DataDir, ServerLock};
use crate::events::Events;
use crate::front::{Front, Listener, Page};
use crate::health::Health;
use crate::http::Throttles;
use crate::http::proxies::Proxies;
use crate::internal::{self, Internal};
use crate::keys::KeyKeeper;
use crate::metrics::{Exposition, Metrics};
use crate::store::Database;
use crate::store::keys::LINEAGE;
use crate::{Error, local_engine, router};
use routes::Routes;
use steady_time::SteadyTime;

pub use signals::interrupted;

/// What connections may take to finish once the nodes are gone.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How much longer than the tail the end of the last node may take to be seen.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that is up.
pub struct Server {
    url: String,
    tail: Duration,
    db: Database,
    hasher: Hasher,
    reconciler: Arc<Reconciler>,
    public: Handle<SocketAddr>,
    serving: JoinHandle<std::io::Result<()>>,
    stop_reconciling: oneshot::Sender<()>,
    reconciling: JoinHandle<Ended>,
    internal: JoinHandle<()>,
    watching: Option<AbortHandle>,
    events: Events,
    steady: Option<SteadyTime>,
    keys: KeyKeeper,
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
        let steady = SteadyTime::begin(&data)?;
        let clock = steady.clock();
        let mut server = Self::begin(lock, config, data, engine, clock).await?;
        server.steady = Some(steady);
        Ok(server)
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
        let token = secret::find(config.metrics.token.as_ref(), config.metrics.token_file.as_deref())?;
        let github = GitHub::new(&config.github, &config.domain)?;
        let secrets = node_secrets(&data.node_key())?;
        let mint = Arc::new(TokenMint::new(Lineage::new(&db.secret(LINEAGE).await?), config.tokens));
        let keys =
            KeyKeeper::begin(db.clone(), mint.clone(), clock.clone(), config.tokens.key_terms()).await?;
        let policy = config.policy(engine.terms());
        let terms = policy.terms;
        let house = Arc::new(House {
            db: db.clone(),
            mint: mint.clone(),
            clock: clock.clone(),
            terms,
            reconciler: OnceLock::new(),
        });
        let gateway = Gateway::new(house.clone());
        let reconciler = Arc::new(Reconciler::new(Plane {
            store: Arc::new(db.clone()),
            engine,
            clock: clock.clone(),
            traffic: Arc::new(Routes(gateway.clone())),
            secrets: secrets.clone(),
            policy: policy.clone(),
            epoch: db.begin_epoch().await?,
            draw: random_ids(),
        }));
        // Set here and nowhere else.
        let _ = house.reconciler.set(Arc::downgrade(&reconciler));
        let (metrics, hasher) = (Arc::<Metrics>::default(), Hasher::default());
        let certificate = listener.certificate();
        let exposition = Arc::new(Exposition {
            metrics: metrics.clone(),
            db: db.clone(),
            reconciler: reconciler.clone(),
            hasher: hasher.clone(),
            clock: clock.clone(),
            certificate: certificate.clone(),
            by_organization: config.metrics.organizations,
            token,
            started: Exposition::started_at(&*clock),
            turn: tokio::sync::Mutex::default(),
        });
        let internal = Internal {
            db: db.clone(),
            clock: clock.clone(),
            secrets,
            reconciler: reconciler.clone(),
            gateway: gateway.clone(),
            exposition: exposition.clone(),
        };
        let internal = internal::start(&data, config.internal_listen, internal).await?;

        // The first client already finds the nodes that outlived the server before this one.
        reconciler.tick().await.map_err(|_fenced| taken_over())?;
        let (stop_reconciling, stopped) = oneshot::channel::<()>();
        let running = reconciler.clone();
        let reconciling = tokio::spawn(async move {
            // Told to stop, or this server was dropped: either way it is over.
            running.run(async { drop(stopped.await) }).await
        });

        let events = Events::default();
        let watching = certificate.map(|certificate| certificate.watch(clock.clone()));
        let watching = watching.map(|watching| tokio::spawn(watching).abort_handle());
        let front = Front {
            domain: config.domain.clone(),
            gateway,
            page: Page::new(config.www.clone()),
            metrics,
            https: watching.is_some(),
            proxies: Proxies::new(&config.http),
            api: router::api(Arc::new(App {
                health: Health::new(
                    db.clone(),
                    reconciler.clone(),
                    clock.clone(),
                    data.path().to_owned(),
                    config.health.min_free_mib,
                ),
                boots: Boots::default(),
                throttles: Throttles::new(config.throttle),
                config,
                db: db.clone(),
                reconciler: reconciler.clone(),
                policy,
                clock,
                mint,
                hasher: hasher.clone(),
                github,
                github_flows: Mutex::new(Flows::new(rand::random())),
                exposition,
                events: events.clone(),
            })),
        };
        let (url, public) = (listener.url(), Handle::new());
        let serving = tokio::spawn(listener.serve(public.clone(), front.into_router()));
        Ok(Self {
            url,
            tail: terms.tail,
            db,
            hasher,
            reconciler,
            public,
            serving,
            stop_reconciling,
            reconciling,
            internal,
            watching,
            events,
            steady: None,
            keys,
            _lock: lock,
        })
    }

    /// Where the public listener is: scheme, address and port.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What checks passwords here; it counts how often it does.
    #[must_use]
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Serves until `stop` is done, then stops orderly: no node and no file handle is left.
    ///
    /// # Errors
    /// The public listener failed, or another server has taken over.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let (mut served, mut reconciled) = (None, None);
        tokio::select! {
            () = stop => {}
            ended = &mut self.serving => served = Some(ended),
            ended = &mut self.reconciling => reconciled = Some(ended),
        };
        self.public.graceful_shutdown(None);
        self.events.close();
        // A reconciler that is gone already needs not be told.
        let _ = self.stop_reconciling.send(());
        let reconciled = match reconciled {
            Some(ended) => ended,
            None => self.reconciling.await,
        };
        let nodes = match reconciled {
            Ok(Ended::Fenced) => Err(taken_over()),
            Ok(Ended::Told) | Err(_) => {
                tracing::info!("stopping: nodes finish what they have");
                all_ended(self.reconciler.stop_all(self.tail + PATIENCE).await)
            }
        };
        // With the nodes gone, what is still connected is idle or deaf.
        if served.is_none() {
            served = tokio::time::timeout(LAST_WORDS, &mut self.serving).await.ok();
        }
        self.public.shutdown();
        let tasks = [self.serving.abort_handle(), self.internal.abort_handle()];
        for task in tasks.into_iter().chain(self.watching) {
            task.abort();
        }
        drop(self.keys);
        self.db.close().await;
        let noted = self.steady.map_or(Ok(()), SteadyTime::end);
        nodes.and(noted)?;
        match served {
            Some(Ok(served)) => served.map_err(Error::io("serve the public listener")),
            Some(Err(broken)) => Err(Error::Failed(format!("the public listener broke: {broken}"))),
            None => Ok(()),
        }
    }
}

/// What to say of the nodes that are left after an orderly stop.
fn all_ended(left: Option<usize>) -> Result<(), Error> {
    let left = match left {
        Some(0) => return Ok(()),
        Some(left) => format!("{left} nodes could not be seen ending"),
        None => "whether all nodes ended could not be seen; the log says why".to_owned(),
    };
    Err(Error::Failed(format!("{left}; their leases end them, and the next start looks after them")))
}

fn taken_over() -> Error {
    Error::Failed(
        "another sliderule-ps has taken over this database; this one ends and leaves the nodes to it"
            .to_owned(),
    )
}
