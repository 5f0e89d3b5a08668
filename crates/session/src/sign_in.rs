//! `authenticate` and `signOut`.
//!
//! A password that is given is always tried, so a wrong one always rejects. What the token store keeps serves where
//! none is given, and where the GitHub token is given that it was issued for; it is renewed first if it has ended. A
//! password or GitHub token is used for one request and then dropped.

use std::rc::Rc;

use sliderule_api::{ErrorCode, OrganizationName};

use crate::account::{Renewal, Tokens, github_principal, last_principal_key, record_key, user_principal};
use crate::address::Target;
use crate::call::{Authentication, Credentials, Source};
use crate::effect::Level;
use crate::http::{REQUEST_TIMEOUT_MS, request, send};
use crate::json;
use crate::renewal::{fresh, signed_out};
use crate::world::World;
use crate::{Event, Failure, Method, refusal, siblings};

/// Signs in, to the named organization if one is named, which then is the session's.
///
/// # Errors
/// One of the codes of a sign-in; the session then belongs to the organization all the same.
pub(crate) async fn authenticate(
    world: &World,
    organization: Option<&str>,
    credentials: Option<Credentials>,
) -> Result<Authentication, Failure> {
    if let Some(organization) = organization {
        let target = world.with(|state| Target::resolve(&state.settings, Some(organization)))?;
        world.with(|state| state.target = Rc::new(target));
    }
    sign_in(world, &world.target(), credentials, Asked::Explicitly).await
}

/// Who asked for a sign-in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `authenticate`: whoever signs in so is signed in.
    Explicitly,
    /// `init`: gives way to an `authenticate` that ended while it was under way.
    ByInit,
}

/// Signs in to the organization of the target.
///
/// # Errors
/// One of the codes of a sign-in.
pub(crate) async fn sign_in(
    world: &World,
    target: &Rc<Target>,
    credentials: Option<Credentials>,
    asked: Asked,
) -> Result<Authentication, Failure> {
    let result = exchange(world, target, credentials, asked).await;
    announce(world);
    result
}

async fn exchange(
    world: &World,
    target: &Rc<Target>,
    credentials: Option<Credentials>,
    asked: Asked,
) -> Result<Authentication, Failure> {
    let Some(organization) = &target.organization else {
        return Ok(nobody(None));
    };
    let provisioning = target.provisioning()?;
    let Credentials { username, password, github_token } = credentials.unwrap_or_default();
    let (username, password, github) = (filled(username), filled(password), filled(github_token));
    let anybody = organization.is_public() && username.is_none();
    let explicit =
        || world.with(|state| state.accounts.get(organization).map_or(0, |account| account.explicit));
    let before = explicit();
    let principal = github.as_deref().map(github_principal).unwrap_or_default();
    let found = match (&github, &password) {
        (Some(_), _) => {
            let found = cached(world, provisioning, organization, Some(&principal)).await;
            // Whether what has ended still serves, only another sign-in can tell as surely.
            found.filter(|tokens| world.server_now() < tokens.expires_at)
        }
        (None, Some(_)) => None,
        (None, None) => kept(world, provisioning, organization, username.as_deref()).await,
    };
    let (tokens, source) = match (found, github, password, username) {
        (Some(tokens), ..) => (tokens, Source::Cache),
        (None, Some(token), ..) => {
            let proof = Proof {
                path: "org_token_github",
                fields: json::object(&[("org_name", organization), ("access_token", &token)]),
                principal,
                user: None,
                secret: token,
            };
            (prove(world, target, provisioning, proof).await?, Source::Github)
        }
        (None, None, Some(password), Some(username)) => {
            let proof = Proof {
                path: "org_token",
                fields: json::object(&[
                    ("username", &username),
                    ("password", &password),
                    ("org_name", organization),
                ]),
                principal,
                user: Some(username),
                secret: password,
            };
            (prove(world, target, provisioning, proof).await?, Source::Password)
        }
        (None, None, Some(_), None) => return Err(missing("a password was given without a user name")),
        (None, None, None, _) if anybody => return Ok(nobody(Some(organization))),
        (None, None, None, _) => {
            return Err(missing(&format!(
                "no credentials were given for `{organization}`, and none are cached"
            )));
        }
    };
    if asked == Asked::ByInit
        && explicit() != before
        && let Some(theirs) = cached(world, provisioning, organization, None).await
    {
        return Ok(signed_in(organization, &theirs, Source::Cache));
    }
    world.with(|state| {
        let mut account = state.accounts.remove(organization).unwrap_or_default();
        account.tokens = Some(tokens.clone());
        account.explicit += u32::from(asked == Asked::Explicitly && source != Source::Cache);
        // A refresh under way ends by itself, and leaves these tokens alone.
        if !matches!(account.renewal, Renewal::Running) {
            account.renewal = Renewal::Idle;
        }
        state.accounts.insert(organization.clone(), account);
    });
    if source != Source::Cache {
        world.save(record_key(provisioning, organization, &tokens.principal), tokens.to_record()).await;
        world.save(last_principal_key(provisioning, organization), tokens.principal.clone()).await;
    } else if world.server_now() >= tokens.expires_at {
        // Whether the sign-in still serves, only a refresh can tell.
        return match fresh(world, target, None).await {
            Ok(Some(tokens)) => Ok(signed_in(organization, &tokens, source)),
            Ok(None) => Err(signed_out()),
            Err(failure) if failure.code == ErrorCode::ReauthenticationRequired && anybody => {
                Ok(nobody(Some(organization)))
            }
            Err(failure) => Err(failure),
        };
    }
    Ok(signed_in(organization, &tokens, source))
}

fn signed_in(organization: &OrganizationName, tokens: &Tokens, source: Source) -> Authentication {
    Authentication {
        user: Some(tokens.user.clone()),
        organization: Some(organization.to_string()),
        expires_at: Some(tokens.expires_at),
        source,
    }
}

/// What a user proves who they are with.
struct Proof {
    /// Where to, within `/api/`.
    path: &'static str,
    /// What is sent.
    fields: String,
    /// What of it must not be repeated.
    secret: String,
    /// Whose the tokens then are; of a user by the name that the server writes, if it is empty.
    principal: String,
    /// The name given.
    user: Option<String>,
}

/// Exchanges a proof for tokens.
async fn prove(
    world: &World,
    target: &Target,
    provisioning: &str,
    proof: Proof,
) -> Result<Rc<Tokens>, Failure> {
    let url = format!("{provisioning}/api/{}/", proof.path);
    let mut request = request(Method::Post, url, Some(proof.fields));
    request.secrets.push(proof.secret);
    let reply = send(world, target, &request, REQUEST_TIMEOUT_MS).await?;
    if reply.response.status == 404 && proof.user.is_none() {
        let message =
            "this provisioning system does not sign in with GitHub tokens; use a user name and password";
        return Err(reply.failure(ErrorCode::Unsupported, message));
    }
    if !reply.is_success() {
        return Err(refusal::of_sign_in(&reply));
    }
    Tokens::from_answer(&reply, world.server_now(), &proof.principal, proof.user.as_deref())
}

/// The tokens kept for this user, however they signed in, or for whoever signed in last.
async fn kept(
    world: &World,
    provisioning: &str,
    organization: &OrganizationName,
    username: Option<&str>,
) -> Option<Rc<Tokens>> {
    let Some(username) = username else { return cached(world, provisioning, organization, None).await };
    let by_password = cached(world, provisioning, organization, Some(&user_principal(username))).await;
    if by_password.is_some() {
        return by_password;
    }
    let last = stored(world, provisioning, organization, None).await;
    last.filter(|tokens| tokens.user == username)
}

/// The tokens kept for this principal, or for whoever signed in last; other tabs are asked too.
///
/// Tokens past their end are kept as well: the refresh token lives longer.
async fn cached(
    world: &World,
    provisioning: &str,
    organization: &OrganizationName,
    principal: Option<&str>,
) -> Option<Rc<Tokens>> {
    let held =
        world.with(|state| state.accounts.get(organization).and_then(|account| account.tokens.clone()));
    if let Some(tokens) = held.filter(|tokens| principal.is_none_or(|name| name == tokens.principal)) {
        return Some(tokens);
    }
    if let Some(tokens) = stored(world, provisioning, organization, principal).await {
        return Some(tokens);
    }
    let tokens = siblings::ask(world, provisioning, organization, principal).await?;
    world.save(record_key(provisioning, organization, &tokens.principal), tokens.to_record()).await;
    world.save(last_principal_key(provisioning, organization), tokens.principal.clone()).await;
    Some(tokens)
}

async fn stored(
    world: &World,
    provisioning: &str,
    organization: &OrganizationName,
    principal: Option<&str>,
) -> Option<Rc<Tokens>> {
    let principal = match principal {
        Some(name) => name.to_owned(),
        None => world.load(last_principal_key(provisioning, organization)).await?,
    };
    let record = world.load(record_key(provisioning, organization, &principal)).await?;
    Tokens::from_record(&record).filter(|tokens| tokens.principal == principal)
}

/// How long a sign-out waits for the server; the tokens are forgotten before.
const REVOKE_TIMEOUT_MS: u32 = 5_000;

/// Forgets the tokens of the session's organization, here, in the store and in other tabs, whoever put them there, and
/// has the server revoke them. Who no longer waits for it has signed out all the same.
pub(crate) async fn sign_out(world: &World) {
    let target = world.target();
    let account = target
        .organization
        .as_ref()
        .and_then(|organization| world.with(|state| state.accounts.remove(organization)));
    announce(world);
    let held = account.and_then(|account| account.tokens);
    world.to_the_end(Box::pin(forget_and_revoke(world.clone(), target, held))).await;
}

async fn forget_and_revoke(world: World, target: Rc<Target>, held: Option<Rc<Tokens>>) {
    let (Some(organization), Some(provisioning)) = (&target.organization, &target.provisioning) else {
        return;
    };
    let is_another = |last: &Rc<Tokens>| held.as_ref().is_none_or(|held| held.refresh != last.refresh);
    let last = stored(&world, provisioning, organization, None).await.filter(is_another);
    let ended = [held, last];
    // All that the server need not be waited for comes first: whoever signs in meanwhile is not signed out again.
    world.forget(last_principal_key(provisioning, organization)).await;
    for tokens in ended.iter().flatten() {
        let key = record_key(provisioning, organization, &tokens.principal);
        world.forget(key.clone()).await;
        siblings::tell_signed_out(&world, &key);
    }
    for tokens in ended.iter().flatten() {
        revoke(&world, &target, tokens).await;
    }
}

/// Has the server end tokens that nobody holds any more. Where that fails they end by themselves.
pub(crate) async fn revoke(world: &World, target: &Target, tokens: &Tokens) {
    let Some(provisioning) = &target.provisioning else { return };
    let asked = json::object(&[("refresh", &tokens.refresh)]);
    let mut request = request(Method::Post, format!("{provisioning}/api/token/blacklist/"), Some(asked));
    request.secrets.push(tokens.refresh.clone());
    request.outlives_page = true;
    let revoked = world.within(REVOKE_TIMEOUT_MS, send(world, target, &request, REVOKE_TIMEOUT_MS)).await;
    // A refusal says that they have ended already.
    if !matches!(revoked, Some(Ok(ref reply)) if reply.response.status < 500) {
        world.log(
            Level::Warn,
            format!("{} could not be told of the sign-out; the tokens end by themselves", request.url),
        );
    }
}

/// Tells the caller what the session now is.
pub(crate) fn announce(world: &World) {
    let event = world.with(|state| {
        let organization = state.target.organization.as_ref();
        let tokens = organization
            .and_then(|name| state.accounts.get(name))
            .and_then(|account| account.tokens.as_ref());
        Event::Identity {
            organization: organization.map(ToString::to_string),
            authenticated: tokens.is_some(),
            user: tokens.map(|tokens| tokens.user.clone()),
            server_version: state
                .checked
                .get(&state.target.cluster)
                .map(|version| crate::version::bare(*version)),
        }
    });
    world.emit(None, event);
}

fn nobody(organization: Option<&OrganizationName>) -> Authentication {
    Authentication {
        user: None,
        organization: organization.map(ToString::to_string),
        expires_at: None,
        source: Source::None,
    }
}

/// An empty environment variable is no credential.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn missing(what: &str) -> Failure {
    let message = format!(
        "{what}; pass `username` and `password` or `githubToken` to authenticate, or, in Node, set PS_USERNAME and \
         PS_PASSWORD or PS_GITHUB_TOKEN"
    );
    Failure::new(ErrorCode::CredentialsMissing, message)
}
