//! `POST /api/v1/organizations`: somebody founds an organization, with its cluster asleep.

use axum::Json;
use axum::extract::{Request, State};
use http::StatusCode;
use sliderule_api::organizations::{Found, Founders, Organization};
use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_provisioning::account::{Allowance, Month};
use sliderule_provisioning::cluster::Limits;

use crate::account;
use crate::app::{App, Shared};
use crate::config::LARGEST_CLUSTER;
use crate::http::fields::whole_json;
use crate::http::{Account, Origin, Refusal};
use crate::store::{NewOrganization, Person, Unfounded};

/// What founding looks like, for who sent another thing.
const EXAMPLE: &str = "{\"name\": \"acme\"}";

/// Somebody founds an organization, with its cluster asleep.
///
/// Staff say on what terms; everybody else, where the operator lets them, takes those that the operator has set.
#[utoipa::path(
    post,
    path = "",
    operation_id = "found_organization",
    tag = "Organizations",
    extensions(("x-role" = json!("staff"))),
    request_body = Found,
    responses(
        (status = 201, description = "The organization.", body = Organization),
        (status = 409, description = "The name is taken."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    request: Request,
) -> Result<(StatusCode, Json<Organization>), Refusal> {
    let person = caller.person(&app).await?;
    let settings = &app.config.sign_up;
    if !person.is_staff && settings.organizations == Founders::Staff {
        return Err(account::by_the_operator(&app, "organizations are founded by the operator's staff here"));
    }
    let found: Found = whole_json(request, EXAMPLE).await?;
    if !person.is_staff {
        refuse_terms(&found)?;
    }
    let new = organization(&app, &person, found)?;
    let most = (!person.is_staff).then_some(app.config.new_organization.per_person);
    app.db.found_organization(&new, &origin.of(&caller.0), most).await.map_err(refuse)?;
    let own = app.db.membership(person.id, &new.name).await?.flatten();
    let (role, state) = own.map(|held| (held.role, held.state)).unzip();
    let requests = Some(0).filter(|_| role.is_some());
    let created_at = app.utc(new.at);
    Ok((StatusCode::CREATED, Json(Organization { name: new.name, role, state, created_at, requests })))
}

/// What only staff may say, said by somebody else.
fn refuse_terms(found: &Found) -> Result<(), Refusal> {
    if *found != Found::named(found.name.clone()) {
        return Err(Refusal::not_allowed("only the operator's staff say on what terms; send the name alone"));
    }
    match found.name.as_str() == OrganizationName::PUBLIC {
        true => Err(Refusal::not_allowed("that is the public organization's name; choose another")),
        false => Ok(()),
    }
}

fn organization(app: &App, person: &Person, found: Found) -> Result<NewOrganization, Refusal> {
    let (usual, now) = (&app.config.new_organization, app.clock.now());
    let max_nodes = found.max_nodes.unwrap_or(usual.max_nodes);
    let min_nodes = found.min_nodes.unwrap_or(0);
    if !(1..=LARGEST_CLUSTER).contains(&max_nodes) || min_nodes > max_nodes || found.per_user == Some(0) {
        return Err(Refusal::bad_request(format!(
            "`max_nodes` must be from 1 to {LARGEST_CLUSTER}, `min_nodes` at most that, `per_user` at least 1"
        )));
    }
    let credit = found.credit_micro_usd.unwrap_or(usual.credit);
    let monthly = found.monthly_allowance_micro_usd.unwrap_or(usual.monthly_allowance);
    let cap = found.allowance_cap_micro_usd;
    if credit.min(monthly).min(cap.unwrap_or(monthly)) < MicroUsd::ZERO {
        return Err(Refusal::bad_request("amounts of money must not be negative"));
    }
    Ok(NewOrganization {
        name: found.name,
        owner: found.owner.unwrap_or_else(|| person.name.clone()),
        credit,
        limits: Limits { min_nodes, max_nodes, per_user: found.per_user },
        version: found.node_version.unwrap_or(usual.node_version),
        is_public: found.is_public.unwrap_or(false),
        prices: app.config.prices.into(),
        allowance: Allowance { monthly, cap, credited_through: Month::of(now) },
        at: now,
    })
}

fn refuse(why: Unfounded) -> Refusal {
    match why {
        Unfounded::Taken(_) => Refusal::conflict(why.to_string()),
        Unfounded::UnknownOwner(_) => Refusal::bad_request(why.to_string()),
        Unfounded::TooMany { .. } => Refusal::not_allowed(why.to_string()),
        Unfounded::Store(error) => error.into(),
    }
}
