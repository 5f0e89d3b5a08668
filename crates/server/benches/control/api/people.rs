//! The organizations of a house, their members, and everybody's tokens.

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_provisioning::cluster::Limits;
use sliderule_server::auth::{Hasher, PasswordHash};
use sliderule_server::store::{NewMembership, NewOrganization, NewUser, Role};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::plan::Caller;
use crate::house::{self, BEGINNING, House};
use crate::server::{PASSWORD, client};

/// Members of each organization whose members order nodes.
const MEMBERS: usize = 20;

/// Signs in with a password that is hashed as everybody's is outside of measurements.
const CAREFUL: &str = "careful";

/// Sign-ins at once, before anything is measured.
const AT_ONCE: usize = 8;

/// A house, and who lives in it.
pub(crate) struct People {
    house: House,
    /// Somebody of each organization, and all members of those where nodes are ordered.
    pub(crate) everybody: Vec<Caller>,
    /// The members of those.
    pub(crate) members: Vec<Caller>,
}

impl People {
    /// A house of so many organizations; the first ones have members who order nodes.
    pub(crate) async fn settle(organizations: usize, measured: usize) -> Self {
        let house = House::open().await;
        let password = Hasher::default().hash(PASSWORD.into()).await.unwrap();
        let names: Vec<String> = (0..MEMBERS).map(|index| format!("member-{index}")).collect();
        for name in names.iter().map(String::as_str).chain([CAREFUL]) {
            house.db.add_user(&user(name, &password)).await.unwrap();
        }
        let (mut everybody, mut members) = (Vec::new(), Vec::new());
        for index in 0..organizations {
            let organization: OrganizationName = format!("org-{index}").parse().unwrap();
            house.db.add_organization(&rich(&organization)).await.unwrap();
            if index >= measured {
                everybody.push(caller("ada", organization.as_str()));
                continue;
            }
            for name in &names {
                house.db.add_member(&member(name, &organization)).await.unwrap();
                members.push(caller(name, organization.as_str()));
            }
        }
        let first = "org-0".parse().unwrap();
        house.db.add_member(&member(CAREFUL, &first)).await.unwrap();
        make_haste(&house).await;
        everybody.extend(members.iter().cloned());
        // Each connection shall act for organizations of all kinds.
        let stride = everybody.len() / 7 + 1;
        let mut spread = Vec::with_capacity(everybody.len());
        for begin in 0..stride {
            spread.extend(everybody.iter().skip(begin).step_by(stride).cloned());
        }
        Self { house, everybody: spread, members }
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.house.folder()
    }

    /// Everybody signs in.
    pub(crate) async fn sign_in(&mut self, url: &str) {
        let http = client();
        for callers in [&mut self.everybody, &mut self.members] {
            let signing_in = callers.drain(..).map(|caller| sign_in(&http, url, caller));
            *callers = stream::iter(signing_in.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
        }
    }

    /// Somebody whose password is hashed as it should be.
    pub(crate) fn careful(&self) -> Caller {
        caller(CAREFUL, "org-0")
    }
}

async fn sign_in(http: &reqwest::Client, url: &str, caller: Caller) -> Caller {
    let Caller { user, password, organization, .. } = &caller;
    let body = json!({ "username": user, "password": password, "org_name": organization });
    let answer = http.post(format!("{url}/api/org_token/")).json(&body).send().await.unwrap();
    let tokens: Value = answer.error_for_status().unwrap().json().await.unwrap();
    let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Caller { access: token("access"), refresh: token("refresh"), ..caller }
}

fn caller(user: &str, organization: &str) -> Caller {
    let (user, organization) = (user.to_owned(), organization.to_owned());
    Caller {
        user,
        password: PASSWORD.to_owned(),
        organization,
        access: String::new(),
        refresh: String::new(),
    }
}

fn user(name: &str, password: &PasswordHash) -> NewUser {
    NewUser {
        name: name.parse().unwrap(),
        email: format!("{name}@example.org"),
        password: Some(password.clone()),
        github_id: None,
        at: BEGINNING,
    }
}

/// One node at most, so that ten clusters that run are no load themselves, and money for years.
fn rich(name: &OrganizationName) -> NewOrganization {
    NewOrganization {
        credit: MicroUsd(100_000_000_000),
        limits: Limits { min_nodes: 0, max_nodes: 1, per_user: None },
        ..house::organization(name)
    }
}

fn member(name: &str, organization: &OrganizationName) -> NewMembership {
    let (organization, user) = (organization.clone(), name.parse().unwrap());
    NewMembership { organization, user, role: Role::Member, at: BEGINNING }
}

/// Ten thousand sign-ins would take minutes: everybody but one gets a hash that is quickly checked.
async fn make_haste(house: &House) {
    use argon2::password_hash::PasswordHasher;

    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let quick = argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    let options = SqliteConnectOptions::new().filename(house.db.path());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let update = sqlx::query("UPDATE users SET password_hash = ? WHERE name <> ?").bind(quick).bind(CAREFUL);
    update.execute(&pool).await.unwrap();
    pool.close().await;
}
