//! `authenticate` and `signOut`.
//!
//! A password that is given is always tried, so a wrong one always rejects. What the token store keeps serves where
//! none is given, and where the GitHub token is given that it was issued for; it is renewed first if it has ended. A
//! password or GitHub token is used for one request and then dropped.

use std::rc::Rc;

use sliderule_api::{ErrorCode, OrganizationName};

use crate::account::{Renewal, Tokens, github_principal, held, stored, user_principal};
use crate::address::Target;
use crate::call::{Authentication, Credentials, Source};
use crate::effect::Level;
use crate::http::{REQUEST_TIMEOUT_MS, send};
use crate::json::{self, Write};
use crate::renewal::{about_tokens, fresh, signed_out};
use crate::world::World;
use crate::{Event, Failure, refusal, siblings};

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
    let Credentials { username, password, github_token } = credentials.unwrap_or_default();
    let username = filled(username);
    let anybody = organization.is_public() && username.is_none();
    let explicit = || world.with(|state| state.account(target).map_or(0, |account| account.explicit));
    let before = explicit();
    let user = username.as_deref().map(user_principal);
    let proof = Proof::of(organization, username, filled(password), filled(github_token))?;
    let found = match &proof {
        Some(proof) if proof.source == Source::Github => {
            let found = cached(world, target, Some(&proof.principal)).await;
            // Whether what has ended still serves, only another sign-in can tell as surely.
            found.filter(|tokens| world.server_now() < tokens.expires_at)
        }
        Some(_) => None,
        None => cached(world, target, user.as_deref()).await,
    };
    let (tokens, source) = match (found, proof) {
        (Some(tokens), _) => (tokens, Source::Cache),
        (None, Some(proof)) => (prove(world, target, &proof).await?, proof.source),
        (None, None) if anybody => return Ok(nobody(Some(organization))),
        (None, None) => {
            return Err(missing(&format!(
                "no credentials were given for `{organization}`, and none are cached"
            )));
        }
    };
    if asked == Asked::ByInit
        && explicit() != before
        && let Some(theirs) = held(world, target)
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
        world.save(target.key(&tokens.principal), tokens.to_record()).await;
        world.save(target.key(""), tokens.principal.clone()).await;
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
    /// What kind of proof it is.
    source: Source,
    /// What is sent.
    fields: String,
    /// What of it must not be repeated.
    secret: String,
    /// Whose the tokens then are; of a user by the name that the server writes, if it is empty.
    principal: String,
    /// The name given.
    user: Option<String>,
}

impl Proof {
    /// The proof that these credentials are, if any is given.
    fn of(
        organization: &OrganizationName,
        user: Option<String>,
        password: Option<String>,
        github_token: Option<String>,
    ) -> Result<Option<Self>, Failure> {
        let organization = ("org_name", organization as &dyn Write);
        Ok(Some(match (github_token, password, user) {
            (Some(secret), ..) => Self {
                source: Source::Github,
                fields: json::object(&[organization, ("access_token", &secret)]),
                principal: github_principal(&secret),
                secret,
                user: None,
            },
            (None, Some(secret), Some(user)) => Self {
                source: Source::Password,
                fields: json::object(&[("username", &user), ("password", &secret), organization]),
                principal: String::new(),
                secret,
                user: Some(user),
            },
            (None, Some(_), None) => return Err(missing("a password was given without a user name")),
            (None, None, _) => return Ok(None),
        }))
    }
}

/// Exchanges a proof for tokens.
async fn prove(world: &World, target: &Target, proof: &Proof) -> Result<Rc<Tokens>, Failure> {
    let by_github = proof.source == Source::Github;
    let path = if by_github { "org_token_github" } else { "org_token" };
    let request = about_tokens(target, path, proof.fields.clone(), &proof.secret)?;
    let reply = send(world, target, &request, REQUEST_TIMEOUT_MS).await?;
    if reply.response.status == 404 && by_github {
        let message =
            "this provisioning system does not sign in with GitHub tokens; use a user name and password";
        return Err(reply.failure(ErrorCode::Unsupported, message));
    }
    if !reply.is_success() {
        return Err(refusal::of_sign_in(&reply));
    }
    Tokens::from_answer(&reply, world.server_now(), &proof.principal, proof.user.as_deref())
}

/// The tokens kept for this principal, or for whoever signed in last; other tabs are asked too. A user has them however
/// they signed in.
///
/// Tokens past their end are kept as well: the refresh token lives longer.
async fn cached(world: &World, target: &Target, principal: Option<&str>) -> Option<Rc<Tokens>> {
    let is_theirs = |tokens: &Rc<Tokens>| {
        principal.is_none_or(|name| name == tokens.principal || name == user_principal(&tokens.user))
    };
    if let Some(tokens) = held(world, target).filter(is_theirs) {
        return Some(tokens);
    }
    let mut looked_for = principal;
    loop {
        if let Some(tokens) = stored(world, target, looked_for).await.filter(is_theirs) {
            return Some(tokens);
        }
        // Those of whoever signed in last may be theirs too.
        if looked_for.take().is_none() {
            break;
        }
    }
    let tokens = siblings::ask(world, target, principal).await?;
    world.save(target.key(""), tokens.principal.clone()).await;
    Some(tokens)
}

/// How long a sign-out waits for the server; the tokens are forgotten before.
const REVOKE_TIMEOUT_MS: u32 = 5_000;

/// Forgets the tokens of the session's organization, here, in the store and in other tabs, whoever put them there, and
/// has the server revoke them. Who no longer waits for it has signed out all the same.
pub(crate) async fn sign_out(world: &World) {
    let target = world.target();
    let Some(organization) = &target.organization else { return announce(world) };
    let account = world.with(|state| {
        state.told = None;
        state.accounts.remove(organization)
    });
    announce(world);
    let held = account.and_then(|account| account.tokens);
    world.to_the_end(Box::pin(forget_and_revoke(world.clone(), Rc::clone(&target), held))).await;
}

async fn forget_and_revoke(world: World, target: Rc<Target>, held: Option<Rc<Tokens>>) {
    let is_another = |last: &Rc<Tokens>| held.as_ref().is_none_or(|held| held.refresh != last.refresh);
    let last = stored(&world, &target, None).await.filter(is_another);
    let ended = [held, last];
    // All that the server need not be waited for comes first: whoever signs in meanwhile is not signed out again.
    world.forget(target.key("")).await;
    for tokens in ended.iter().flatten() {
        let key = target.key(&tokens.principal);
        world.forget(key.clone()).await;
        siblings::tell_signed_out(&world, &key);
    }
    for tokens in ended.iter().flatten() {
        revoke(&world, &target, tokens).await;
    }
}

/// Has the server end tokens that nobody holds any more. Where that fails they end by themselves.
pub(crate) async fn revoke(world: &World, target: &Target, tokens: &Tokens) {
    let fields = json::object(&[("refresh", &tokens.refresh)]);
    let Ok(mut request) = about_tokens(target, "token/blacklist", fields, &tokens.refresh) else { return };
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
