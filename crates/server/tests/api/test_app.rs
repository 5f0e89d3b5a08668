//! A server to test against, and how to talk to it.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sliderule_api::MicroUsd;
use sliderule_api::status::{ClusterState, ClusterStatus};
use sliderule_control::{Clock, SteadyClock, Store, Writer, decide};
use sliderule_provisioning::account::{Allowance, Month, Prices};
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::membership::Act;
use sliderule_provisioning::step::Step;
use sliderule_provisioning::time::Moment;
use sliderule_server::Error;
use sliderule_server::auth::{Hasher, PasswordHash};
use sliderule_server::config::{Config, ThrottleSettings};
use sliderule_server::data::DataDir;
use sliderule_server::serve::Server;
use sliderule_server::store::{Actor, Database, Deed, NewMembership, NewOrganization, NewUser, Role, What};
use tempfile::TempDir;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::fake_engine::FakeEngine;
use crate::logs;

/// The password of every user.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A server with its data directory, and a second connection to its database, as the command line has one.
pub(crate) struct TestApp {
    pub(crate) engine: Arc<FakeEngine>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) db: Database,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) hasher: Hasher,
    config: Config,
    dir: TestDir,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), Error>>,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        // Everything comes from one address here.
        let throttle = ThrottleSettings::unlimited();
        let mut config = Config { listen: "127.0.0.1:0".parse().unwrap(), throttle, ..Config::default() };
        configure(&mut config);
        Self::start_in(TestDir(tempfile::tempdir().unwrap()), config, Arc::default()).await
    }

    async fn start_in(dir: TestDir, config: Config, clock: Arc<TestClock>) -> Self {
        logs::begin();
        let data = DataDir::open(dir.0.path()).unwrap();
        let db = data.database().await.unwrap();
        let engine = FakeEngine::new(data.path());
        let server = Server::start_with(config.clone(), data, engine.clone(), clock.clone()).await.unwrap();
        let (url, hasher) = (server.url().to_owned(), server.hasher().clone());
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.run_until(async { drop(stopped.await) }));
        Self { engine, clock, db, url, http: reqwest::Client::new(), hasher, config, dir, stop, serving }
    }

    /// An orderly stop, and a start on the same data.
    pub(crate) async fn restart(self) -> Self {
        let (dir, config, clock) = self.stop().await;
        Self::start_in(dir, config, clock).await
    }

    /// An orderly stop, after which no node may be left.
    pub(crate) async fn stop(self) -> (TestDir, Config, Arc<TestClock>) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
        assert_eq!(self.engine.running(), 0, "an orderly stop leaves no node");
        self.db.close().await;
        (self.dir, self.config, self.clock)
    }

    pub(crate) async fn with_user(self, name: &str) -> Self {
        self.with_github_user(name, None).await
    }

    pub(crate) async fn with_github_user(self, name: &str, github_id: Option<i64>) -> Self {
        add_user(&self.db, name, github_id).await;
        self
    }

    /// An organization of `owner` with that many dollars for up to four nodes.
    pub(crate) async fn with_organization(self, name: &str, owner: &str, dollars: &str) -> Self {
        add_organization(&self.db, name, owner, dollars).await;
        self
    }

    pub(crate) async fn with_member(self, organization: &str, user: &str) -> Self {
        let (organization, user) = (organization.parse().unwrap(), user.parse().unwrap());
        self.db
            .add_member(&NewMembership { organization, user, role: Role::Member, at: self.clock.now() })
            .await
            .unwrap();
        self
    }

    /// A user of the operator's staff.
    pub(crate) async fn with_staff(self, name: &str) -> Self {
        let app = self.with_user(name).await;
        let (name, actor) = (name.parse().unwrap(), Actor::command_line());
        app.db.set_staff(&name, true, &actor, app.clock.now()).await.unwrap();
        app
    }

    pub(crate) async fn with_manager(self, organization: &str, user: &str) -> Self {
        self.with_member(organization, user).await.with_role(organization, user, Role::Manager).await
    }

    /// Gives a member another role.
    pub(crate) async fn with_role(self, organization: &str, user: &str, role: Role) -> Self {
        let (organization, what) =
            (organization.parse().unwrap(), What::Act(Act::Give(role), user.parse().unwrap()));
        let deed = Deed { organization, what, actor: Actor::command_line(), at: self.clock.now() };
        self.db.change_membership(&deed).await.unwrap();
        self
    }

    /// Ada, who owns acme, which has ten dollars.
    pub(crate) async fn with_acme(self) -> Self {
        self.with_user("ada").await.with_organization("acme", "ada", "10").await
    }

    /// Runs SQL that no command has yet, such as deactivating a member.
    pub(crate) async fn sql(&self, statement: &'static str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.db.path());
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// Reads rows that no answer shows.
    pub(crate) async fn rows<T>(&self, query: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + Send + Unpin,
    {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.db.path());
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let rows = sqlx::query_as(query).fetch_all(&pool).await.unwrap();
        pool.close().await;
        rows
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, None, Some(body)).await
    }

    pub(crate) async fn sign_in(&self, user: &str, password: &str, organization: &str) -> Answer {
        let body = json!({ "username": user, "password": password, "org_name": organization });
        self.post("/api/org_token/", body).await
    }

    /// Ada's access token for acme.
    pub(crate) async fn token(&self) -> String {
        self.token_of("ada", "acme").await
    }

    pub(crate) async fn token_of(&self, user: &str, organization: &str) -> String {
        self.sign_in(user, PASSWORD, organization).await.text("access")
    }

    /// Somebody's access token for their own account.
    pub(crate) async fn account_token(&self, user: &str) -> String {
        self.post("/api/v1/session", json!({ "username": user, "password": PASSWORD })).await.text("access")
    }

    /// Asks for nodes the way existing clients do.
    pub(crate) async fn ask(&self, token: &str, nodes: u32, minutes: u32) -> Answer {
        let path = format!("/api/desired_org_num_nodes_ttl/acme/{nodes}/{minutes}/");
        self.send(Method::POST, &path, Some(token), None).await
    }

    /// Orders nodes in our own API.
    pub(crate) async fn order(&self, token: &str, key: &str, body: Value) -> Answer {
        let url = format!("{}/api/v1/organizations/acme/requests", self.url);
        let request = self.http.post(url).bearer_auth(token).header("Idempotency-Key", key);
        Answer::of(request.json(&body)).await
    }

    /// Sends to our own API, below the organization.
    pub(crate) async fn ours(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        let url = format!("{}/api/v1/organizations/acme/{path}", self.url);
        let request = self.http.request(method, url).bearer_auth(token);
        let request = request.header("Idempotency-Key", uuid::Uuid::new_v4().to_string());
        Answer::of(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// Has the server look at acme now, as it does every ten seconds.
    pub(crate) async fn reconcile(&self) {
        let ada = self.token().await;
        let looked = self.ours(Method::POST, "refresh", &ada, Value::Null).await;
        assert_eq!(looked.status, 200, "{looked}");
    }

    /// A cluster as it is in the database.
    pub(crate) async fn db_cluster(&self, organization: &str) -> Cluster {
        self.db.cluster(&organization.parse().unwrap()).await.unwrap().unwrap()
    }

    /// What acme has left.
    pub(crate) async fn balance(&self) -> MicroUsd {
        self.db.account(&"acme".parse().unwrap()).await.unwrap().unwrap().cluster.account.balance
    }

    /// The server's data directory.
    pub(crate) fn data(&self) -> &Path {
        self.dir.0.path()
    }

    /// What an operator's command decides about acme, beside the server; the server notices within ten seconds, and
    /// at once when somebody asks for something.
    pub(crate) async fn operator(&self, mut decision: impl FnMut(&Cluster, Moment) -> Step + Send) {
        let acme = "acme".parse().unwrap();
        let decided = decide(&self.db, Writer::Operator, &acme, |cluster| {
            Ok::<_, ()>(decision(cluster, self.clock.now()))
        });
        decided.await.unwrap();
    }

    pub(crate) async fn status(&self, token: &str) -> ClusterStatus {
        self.get("/api/v1/organizations/acme/status", token).await.json()
    }

    /// Waits until the cluster is in that state with that many ready nodes.
    pub(crate) async fn until(&self, token: &str, state: ClusterState, ready: u32) -> ClusterStatus {
        let what = format!("the cluster is {state:?} with {ready} nodes");
        eventually(&what, async || {
            let status = self.status(token).await;
            (status.state == state && status.nodes.ready == ready).then_some(status)
        })
        .await
    }
}

pub(crate) async fn add_user(db: &Database, name: &str, github_id: Option<i64>) {
    let password = Some(hash().await);
    let (name, email) = (name.parse().unwrap(), format!("{name}@example.org"));
    db.add_user(&NewUser { name, email, password, github_id, at: now() }).await.unwrap();
}

/// The hash of everybody's password, made once.
async fn hash() -> PasswordHash {
    static HASH: OnceCell<PasswordHash> = OnceCell::const_new();
    HASH.get_or_init(async || Hasher::default().hash(PASSWORD.into()).await.unwrap()).await.clone()
}

pub(crate) async fn add_organization(db: &Database, name: &str, owner: &str, dollars: &str) {
    let new = NewOrganization {
        name: name.parse().unwrap(),
        owner: owner.parse().unwrap(),
        credit: MicroUsd::parse_dollars(dollars).unwrap(),
        limits: Limits { min_nodes: 0, max_nodes: 4, per_user: None },
        version: "v4.0.4".parse().unwrap(),
        is_public: false,
        prices: Prices::LIST,
        allowance: Allowance { credited_through: Month::of(now()), ..Allowance::default() },
        at: now(),
    };
    db.add_organization(&new).await.unwrap();
}

/// Now, by the machine's clock.
fn now() -> Moment {
    SteadyClock::resume(None).now()
}

/// Polls until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A data directory that is removed for good, although a test that just ends leaves its server with files
/// open in it, some of which are still being written.
pub(crate) struct TestDir(TempDir);

impl Drop for TestDir {
    fn drop(&mut self) {
        let deadline = std::time::Instant::now() + Duration::from_secs(2);
        while std::fs::remove_dir_all(self.0.path()).is_err() && self.0.path().exists() {
            if std::time::Instant::now() > deadline {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The machine's clock, moved on by tests.
pub(crate) struct TestClock {
    machine: SteadyClock,
    ahead: AtomicI64,
    /// Where time stands still, if it does.
    held: Mutex<Option<Moment>>,
}

impl Default for TestClock {
    fn default() -> Self {
        Self { machine: SteadyClock::resume(None), ahead: AtomicI64::default(), held: Mutex::default() }
    }
}

impl TestClock {
    /// Time stands still from now on but for [`Self::advance`], so that two questions are asked at one instant.
    pub(crate) fn hold(&self) {
        let now = self.now();
        *self.held.lock().unwrap() = Some(now);
    }

    /// Time goes on.
    pub(crate) fn release(&self) {
        *self.held.lock().unwrap() = None;
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap();
        self.ahead.fetch_add(milliseconds, Ordering::SeqCst);
        if let Some(held) = &mut *self.held.lock().unwrap() {
            held.0 += milliseconds;
        }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        let held = *self.held.lock().unwrap();
        held.unwrap_or_else(|| Moment(self.machine.now().0 + self.ahead.load(Ordering::SeqCst)))
    }
}

/// What the server answered. Displays as status and body, for snapshots; a problem without what follows from its code
/// and what is another for every request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        // What never ends is not read.
        let is_endless = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_endless { String::new() } else { response.text().await.unwrap() };
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    pub(crate) fn text(&self, key: &str) -> String {
        let body: Value = self.json();
        body[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {self}")).to_owned()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        match self.body.strip_prefix("{\"type\":\"urn:").and_then(|rest| rest.split_once("\"status\":")) {
            Some((_, rest)) => write!(f, "{status} {{\"status\":{rest}"),
            None => write!(f, "{status} {}", self.body),
        }
    }
}
