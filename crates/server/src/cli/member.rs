//! `sliderule-ps member …`
//!
//! What owners and managers do over the API, by the operator, and under the same rules.

use clap::{Args, Subcommand, ValueEnum};
use sliderule_api::{OrganizationName, UserName};
use sliderule_provisioning::membership::{Act, Refused};

use super::place::Place;
use super::say;
use crate::Error;
use crate::store::{Actor, Deed, NewMembership, Role, Unchanged, What};

#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Make a user an active member of an organization.
    Add(Add),
    /// Grant a request for a membership.
    Approve(Whose),
    /// Turn a request for a membership down.
    Refuse(Whose),
    /// Switch a membership off; what the member asked for is released.
    Deactivate(Whose),
    /// Switch a membership on again.
    Reactivate(Whose),
    /// Give a member another role.
    Role(Give),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    whose: Whose,
    /// What they may do there.
    #[arg(long, value_enum, default_value = "member")]
    role: As,
}

#[derive(Debug, Args)]
pub(super) struct Give {
    #[command(flatten)]
    whose: Whose,
    /// What they may do there from now on.
    #[arg(value_enum)]
    role: As,
}

#[derive(Debug, Args)]
pub(super) struct Whose {
    /// The organization.
    organization: OrganizationName,
    /// The user.
    user: UserName,
    #[command(flatten)]
    place: Place,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum As {
    /// Uses the cluster.
    Member,
    /// Also looks after the cluster and its members.
    Manager,
    /// Also decides who are managers and owners.
    Owner,
}

impl From<As> for Role {
    fn from(role: As) -> Self {
        match role {
            As::Member => Self::Member,
            As::Manager => Self::Manager,
            As::Owner => Self::Owner,
        }
    }
}

impl MemberCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        match self {
            Self::Add(add) => add.run().await,
            Self::Approve(whose) => whose.act(Act::Approve).await,
            Self::Refuse(whose) => whose.act(Act::Refuse).await,
            Self::Deactivate(whose) => whose.act(Act::Deactivate).await,
            Self::Reactivate(whose) => whose.act(Act::Reactivate).await,
            Self::Role(Give { whose, role }) => whose.act(Act::Give(role.into())).await,
        }
    }
}

impl Add {
    async fn run(self) -> Result<(), Error> {
        let Self { whose: Whose { organization, user, place }, role } = self;
        let role = Role::from(role);
        let said = format!("{user} is {} {role} of {organization}", article(role));
        place
            .open(async |db, now| {
                db.add_member(&NewMembership { organization, user, role, at: now.at }).await
            })
            .await?;
        say(&said);
        Ok(())
    }
}

impl Whose {
    async fn act(self, act: Act) -> Result<(), Error> {
        let Self { organization, user, place } = self;
        let deed = |at| {
            let (organization, what) = (organization.clone(), What::Act(act, user.clone()));
            Deed { organization, what, actor: Actor::command_line(), at }
        };
        let became =
            place.open(async |db, now| db.change_membership(&deed(now.at)).await.map_err(why)).await?;
        say(&match became.membership {
            None => format!("{}: no membership of {organization}", became.user),
            Some(held) => format!("{}: {} of {organization}, {}", became.user, held.role, held.state),
        });
        Ok(())
    }
}

/// Why a membership was not changed, for who typed the command.
fn why(unchanged: Unchanged) -> Error {
    let Unchanged::Refused(refused) = unchanged else {
        return match unchanged {
            Unchanged::Store(error) => error.into(),
            Unchanged::UnknownOrganization(name) => {
                Error::Unknown(format!("organization {name}; add it with `sliderule-ps org add`"))
            }
            other => Error::Failed(other.to_string()),
        };
    };
    Error::Failed(match refused {
        Refused::NoMembership => "that user has no membership there; `member add` makes one".to_owned(),
        Refused::State(state) => format!("the membership is {state}, to which that cannot be done"),
        Refused::LastOwner => {
            "nobody else owns the organization; make another member an owner first".to_owned()
        }
        Refused::ManagersOnly | Refused::OwnersOnly => Unchanged::Refused(refused).to_string(),
    })
}

fn article(role: Role) -> &'static str {
    match role {
        Role::Member | Role::Manager => "a",
        Role::Owner => "an",
    }
}
