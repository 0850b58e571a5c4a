//! What a resource knows of its profile, and what the provider shows of it.
//!
//! Words for observations and plans; nothing here looks or decides.

use std::time::Duration;

use fabric_api::CreationIntent;
use fabric_client::ShownProfile;
use fabric_domain::{Incoming, Offering, ProfileId};

use crate::{profile::drift::Drift, reconcile::problem::Problem};

/// The profile at the provider, as far as this resource knows of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Profile {
    /// None was ever created, or each creation was refused.
    None(Readiness),
    /// A creation was written down; whether it arrived is not known.
    Intended(CreationIntent, Evidence),
    /// `spec.adopt` names a profile that was not taken over yet.
    Offered(Offer),
    /// The profile is known by its id.
    Known(ProfileId, View),
    /// What status says of it cannot be used.
    Unusable(Problem),
}

/// Whether a profile could be created.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Readiness {
    /// Not looked into, since nothing is to be created.
    Unasked,
    /// The account was not looked at yet.
    Opening,
    /// Something is in the way.
    Blocked(Problem),
    /// The same creation was refused a short while ago; it may be sent again after so long.
    Resting(Duration),
    /// Everything is in place.
    Ready(Box<Offering>),
}

/// What tells whether an intended creation arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Evidence {
    /// It did: this is its profile.
    Found(ProfileId),
    /// Nothing yet, and it is too early to say no.
    Open,
    /// It cannot be told.
    Unclear(Problem),
    /// It did not: it was never sent, or its name is missing past the settle time.
    Absent(Readiness),
}

/// Whether a profile may be taken over.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Offer {
    /// It is one of the account's.
    Agreed(ProfileId),
    /// It is not, or it is another resource's, or it cannot be looked at.
    Declined(Problem),
    /// The account was not looked at yet.
    Opening,
}

/// What the provider shows of a profile.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum View {
    /// This.
    Seen(Box<Seen>),
    /// A profile that this resource did not create: its id was put into status by somebody else.
    Foreign(Problem),
    /// Nothing yet: the account was not looked at.
    Opening,
    /// That it does not exist or is somebody else's; which, it does not say.
    NotVisible(Problem),
    /// It could not be asked.
    Unasked(Problem),
}

/// A profile as it is shown, with what goes with it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) shown: ShownProfile,
    pub(super) drift: Drift,
    /// What waits for its owner; `None` if that was not asked.
    pub(super) incoming: Option<Result<Vec<Incoming>, Problem>>,
    /// What goes through it and keeps it from being deleted; `None` if that was not asked.
    pub(super) through: Option<Result<Vec<Incoming>, Problem>>,
}
