//! Every kind of observation of a service profile, for the tests of the plan.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::json;

use fabric_api::{CreationIntent, Reason, ReplacementStatus};
use fabric_client::{
    Dialect, Http, InstrumentedHttp, OAuthCredentials, OAuthGrant, RateLimiter, SendError,
    ShownProfile, TokenSource, Transport, connect,
};
use fabric_domain::{ConnectionId, Incoming, Listed, Offering, ProfileId, ProfileState};

use crate::{
    profile::{
        adoption::ProfileAdoption,
        drift::{ProfileCorrection, ProfileDrift},
        evidence::ProfileEvidence,
        observe::{KnownProfile, ProfileObservation, ProfileView, SeenProfile},
        preflight::ProfilePreflight,
    },
    reconcile::{
        Release,
        deletion::{Definition, Safeguards},
        problem::Problem,
    },
};

const ID: &str = "9da3f720-6982-4c40-aa80-af3aad5852a1";
pub(super) const INTERVAL: Duration = Duration::from_secs(60);

pub(super) fn id() -> ProfileId {
    ProfileId::parse(ID).unwrap()
}

/// Answers every request alike: with a token and a profile at once.
#[derive(Debug)]
struct OneAnswer;

#[async_trait]
impl Http for OneAnswer {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let body = json!({"access_token": "t", "uuid": ID, "name": "P", "state": "APPROVED"});
        Ok(Response::new(Bytes::from(body.to_string())))
    }
}

/// A profile as the provider shows it. Only a client can make one.
#[allow(clippy::disallowed_methods, reason = "reads what a client reads, without the operator")]
pub(super) async fn shown() -> ShownProfile {
    let http = InstrumentedHttp::new(Arc::new(OneAnswer), Arc::new(()));
    let origin: url::Url = "https://api.example.com".parse().unwrap();
    let credentials = OAuthCredentials {
        client_id: "id".into(),
        client_secret: "secret".into(),
        grant: OAuthGrant::ClientCredentials,
    };
    let tokens = TokenSource::new(http.clone(), origin.clone(), credentials, None);
    let limiter = Arc::new(RateLimiter::new(10));
    let transport = Transport::new(http, origin, Arc::new(tokens), limiter);
    connect(Dialect::V3, transport).reads.own_profile(&id()).await.unwrap()
}

fn passing() -> Problem {
    Problem::passing(Reason::ProviderUnavailable, "down")
}

pub(super) fn stalled() -> Problem {
    Problem::stalled(Reason::RequestRefused, "no")
}

pub(super) fn offering() -> Box<Offering> {
    Box::new(Offering { name: "P".into(), ..Offering::default() })
}

pub(super) fn intent() -> CreationIntent {
    let intent = json!({"name": "P", "by": "1-2-3", "at": "2021-07-15T19:30:29Z", "attempt": 1});
    serde_json::from_value(intent).unwrap()
}

fn record() -> ReplacementStatus {
    let record = json!({"to": "0", "generation": 1, "at": "2021-07-15T19:30:29Z", "attempts": 1});
    serde_json::from_value(record).unwrap()
}

fn connection() -> Incoming {
    Incoming {
        id: ConnectionId::parse("3a58dd05-f46d-4b1d-a154-2e85c396ea62").unwrap(),
        name: "Conn-1".into(),
        buyer: None,
        bandwidth: None,
        metro: None,
        profile: Some(id()),
        asks: None,
        wanted_bandwidth: None,
        since: None,
    }
}

fn preflights() -> Vec<ProfilePreflight> {
    vec![
        ProfilePreflight::Unasked,
        ProfilePreflight::Opening,
        ProfilePreflight::Blocked(passing()),
        ProfilePreflight::Blocked(stalled()),
        ProfilePreflight::Postponed(Duration::from_secs(1)),
        ProfilePreflight::Ready(offering()),
    ]
}

fn corrections() -> Vec<ProfileCorrection> {
    vec![
        ProfileCorrection::InSync,
        ProfileCorrection::Observed,
        ProfileCorrection::AwaitingPublication,
        ProfileCorrection::Pausing(Duration::from_secs(1)),
        ProfileCorrection::Postponed(Duration::from_secs(3600)),
        ProfileCorrection::Due(offering(), record()),
        ProfileCorrection::GivenUp("no".into()),
        ProfileCorrection::Blocked(passing()),
        ProfileCorrection::Blocked(stalled()),
    ]
}

/// Every state, correction and answer to a listing of connections.
fn seen_profiles(shown: &ShownProfile) -> Vec<SeenProfile> {
    let states = [
        ProfileState::Approved,
        ProfileState::PendingApproval,
        ProfileState::Rejected,
        ProfileState::Deleted,
        ProfileState::Other("NEW".into()),
    ];
    let lists = [None, Some(Ok(vec![])), Some(Ok(vec![connection()])), Some(Err(passing()))];
    let mut incomings: Vec<_> =
        lists.iter().cloned().map(|list| list.map(|list| list.map(Listed::whole))).collect();
    let gap = Some("1 entry cannot be read".to_owned());
    incomings.push(Some(Ok(Listed { items: vec![], gap })));
    let mut all = vec![];
    for state in states {
        for correction in corrections() {
            for incoming in &incomings {
                for through in &lists {
                    let mut shown = shown.clone();
                    shown.profile.state = state.clone();
                    all.push(SeenProfile {
                        shown,
                        drift: ProfileDrift::without_differences(correction.clone()),
                        incoming: incoming.clone(),
                        through: through.clone(),
                    });
                }
            }
        }
    }
    all
}

fn profiles(shown: &ShownProfile) -> Vec<KnownProfile> {
    let mut all = vec![KnownProfile::Unusable(stalled())];
    all.extend(preflights().into_iter().map(KnownProfile::None));
    let mut evidence = vec![
        ProfileEvidence::Found(id()),
        ProfileEvidence::Open,
        ProfileEvidence::Unclear(passing()),
    ];
    evidence.extend(preflights().into_iter().map(ProfileEvidence::Absent));
    all.extend(evidence.into_iter().map(|evidence| KnownProfile::Intended(intent(), evidence)));
    let adoptions = [
        ProfileAdoption::Agreed(id()),
        ProfileAdoption::Declined(stalled()),
        ProfileAdoption::Opening,
    ];
    all.extend(adoptions.map(KnownProfile::Offered));
    let mut views = vec![
        ProfileView::Foreign(stalled()),
        ProfileView::Opening,
        ProfileView::NotVisible(stalled()),
        ProfileView::Unasked(passing()),
    ];
    let seen = seen_profiles(shown).into_iter().map(|seen| ProfileView::Seen(Box::new(seen)));
    views.extend(seen);
    all.extend(views.into_iter().map(|view| KnownProfile::Known(id(), view)));
    all
}

/// Every profile with every combination of the flags, also with those that no pass observes.
pub(super) async fn observations() -> Vec<ProfileObservation> {
    let mut all = vec![];
    for profile in profiles(&shown().await) {
        for flags in 0..128 {
            let [deleting, orphan, observes, paused, deleted_lately, adopted, protected] =
                [1, 2, 4, 8, 16, 32, 64].map(|flag| flags & flag > 0);
            let asked = (orphan || observes).then_some(Release::Orphaned);
            all.push(ProfileObservation {
                deleting,
                stays: asked.or(adopted.then_some(Release::Adopted)),
                safeguards: Safeguards { protected, definition: Definition::Stays },
                observes,
                paused,
                deleted_lately,
                interval: INTERVAL,
                profile: profile.clone(),
            });
        }
    }
    all
}

/// An observation without flags.
pub(super) fn observation(profile: KnownProfile) -> ProfileObservation {
    ProfileObservation {
        deleting: false,
        stays: None,
        safeguards: Safeguards { protected: false, definition: Definition::Stays },
        observes: false,
        paused: false,
        deleted_lately: false,
        interval: INTERVAL,
        profile,
    }
}
