//! A cache of the seller's side of an account: its own profiles and their incoming connections.
//!
//! Each profile is read at most once in an observation interval, however often passes look, and the
//! incoming connections are listed once for all profiles. It decides nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use fabric_client::{Error, IncomingFilter, Reads, ShownProfile};
use fabric_domain::{Incoming, Listed, ProfileId};

use crate::account::single_flight::SingleFlight;

/// The most profiles that are kept.
const MAX_PROFILES: usize = 1000;

/// The profiles and incoming connections of an account.
pub(crate) struct SellerCache {
    reads: Arc<dyn Reads>,
    /// How long a value is used without asking again.
    pub(crate) interval: Duration,
    profiles: Mutex<HashMap<ProfileId, (Instant, ShownProfile)>>,
    incoming: SingleFlight<Listed<Incoming>>,
}

impl SellerCache {
    pub(crate) fn new(reads: Arc<dyn Reads>, interval: Duration) -> Self {
        Self { reads, interval, profiles: Mutex::default(), incoming: SingleFlight::default() }
    }

    /// One of the account's own profiles.
    pub(crate) async fn profile(&self, id: &ProfileId) -> Result<ShownProfile, Error> {
        if let Some((at, shown)) = self.profiles().get(id)
            && at.elapsed() < self.interval
        {
            return Ok(shown.clone());
        }
        let shown = self.reads.own_profile(id).await?;
        let mut profiles = self.profiles();
        if profiles.len() >= MAX_PROFILES {
            profiles.clear();
        }
        profiles.insert(id.clone(), (Instant::now(), shown.clone()));
        Ok(shown)
    }

    /// Forgets a profile, because it was changed, or was not as cached.
    pub(crate) fn invalidate(&self, id: &ProfileId) {
        self.profiles().remove(id);
    }

    /// The connections that wait for a decision at one of the account's own profiles, the longest
    /// waiting first.
    pub(crate) async fn incoming(&self, at: &ProfileId) -> Result<Listed<Incoming>, Error> {
        let waiting = || self.reads.at_seller(IncomingFilter::Waiting);
        let all = self.incoming.get(self.interval, waiting).await?;
        let mut here = all.filter(|line| line.profile.as_ref() == Some(at));
        here.items.sort_by(|a, b| (a.since, a.id.as_str()).cmp(&(b.since, b.id.as_str())));
        Ok(here)
    }

    /// The connections at one of the account's own profiles that are not gone; none only if the
    /// list of them was read whole.
    pub(crate) async fn through(&self, profile: &ProfileId) -> Result<Vec<Incoming>, Error> {
        let listed = self.reads.at_seller(IncomingFilter::Through(profile)).await?;
        match listed.gap {
            Some(gap) if listed.items.is_empty() => Err(Error::not_whole("connections", &gap)),
            Some(_) | None => Ok(listed.items),
        }
    }

    fn profiles(&self) -> MutexGuard<'_, HashMap<ProfileId, (Instant, ShownProfile)>> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
