//! Whether the connection that `spec.adopt` names may be adopted.
//!
//! Reads only. It must be what the spec describes, since from then on the resource changes and
//! cancels it.

use std::fmt::Display;

use fabric_api::{ManagementPolicy, Reason};
use fabric_domain::{Connection, ConnectionId, Flow, Leg, Phase, Standing, Tags, ZSide, ZSideSeen};

use crate::{
    account::{
        grants::{self, AccountUse},
        session::Session,
    },
    connection::{
        ConnectionPass,
        observe::view,
        resolve::{Desired, lookups::Purpose, resolve},
        state::{Adoption, ProviderView},
    },
    reconcile::{claims::full_name, problem::Problem, status::ApiError},
};

/// Judges the connection that `spec.adopt` names. What is refused says where the spec differs, and not
/// what is there: until it is adopted, the connection is another's.
pub(super) async fn judge(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    id: ConnectionId,
    session: &Session,
) -> Result<Adoption, ApiError> {
    let (object, account) = (pass.object, &pass.object.spec.account);
    let granted = match grants::granted(pass.namespace(), account, pass.context).await? {
        Ok(granted) => granted,
        Err(problem) => return Ok(Adoption::Declined(problem)),
    };
    let connections = &pass.context.connections;
    // Before anything is looked at that is not this namespace's to see.
    let adopting = AccountUse { adopts: true, ..AccountUse::default() };
    if let Some(problem) = granted.objection(&adopting) {
        return Ok(Adoption::Declined(problem));
    }
    if let Some(other) = grants::claimant(id.as_str(), object, connections, pass.context).await? {
        let message = format!(
            "connection {id} is another resource's, or asked for by one; correct {}, or delete that resource first, with spec.deletionPolicy Orphan",
            adopted_by(leg)
        );
        return Ok(declined(message, format!("connection {id}: {}", full_name(&*other))));
    }
    let line = match view(object, &id, session, None).await {
        ProviderView::Seen(line) => line,
        ProviderView::Unlisted(trouble) => return Ok(Adoption::AwaitingListing(trouble)),
        ProviderView::Gone => {
            let message =
                format!("connection {id} is deleted already; correct {}", adopted_by(leg));
            return Ok(Adoption::Ended(Problem::stalled(Reason::AdoptionRefused, message)));
        }
        ProviderView::NotVisible(problem) => {
            let message = format!("{}, or correct {}", problem.message, adopted_by(leg));
            return Ok(Adoption::Declined(Problem { message, ..problem }));
        }
        ProviderView::Foreign(problem)
        | ProviderView::Lagging(problem)
        | ProviderView::Unasked(problem) => {
            return Ok(Adoption::Declined(problem));
        }
    };
    let desired = match resolve(pass, Purpose::Compare, session, Some(&granted)).await? {
        Ok(desired) => desired,
        Err(problem) => return Ok(Adoption::Declined(problem)),
    };
    // One grant has to cover all of it.
    let asked = AccountUse {
        adopts: true,
        before: Some(connections.before(object)),
        ..desired.asked.clone()
    };
    if let Some(problem) = granted.objection(&asked) {
        return Ok(Adoption::Declined(problem));
    }
    let observes = object.spec.management_policy == ManagementPolicy::Observe;
    if let Some(declined) = mismatch(&line, &desired, leg, observes) {
        return Ok(declined);
    }
    Ok(match connections.awaiting(&line, object) {
        Some(other) => declined(
            format!(
                "connection {id} may be one that another resource has just ordered; wait until that is known"
            ),
            format!("connection {id} may be the order of {}", full_name(&*other)),
        ),
        None => Adoption::Agreed(id, desired.resolved),
    })
}

fn declined(message: String, withheld: String) -> Adoption {
    let problem = Problem::stalled(Reason::AdoptionRefused, message);
    Adoption::Declined(problem.withholding(withheld))
}

/// Why a connection is not the one that the spec describes. What the provider does not show is no
/// agreement, and neither is another value of anything that the spec sets, on either side.
fn mismatch(line: &Connection, desired: &Desired, leg: Leg, observes: bool) -> Option<Adoption> {
    let standing = Standing::of(&line.equinix_status, &line.provider_status, Flow::Seller);
    if matches!(standing.phase, Phase::Deleting | Phase::Deleted) {
        let message = format!("connection {} is being taken down, or gone already", line.id);
        return Some(Adoption::Ended(Problem::stalled(Reason::AdoptionRefused, message)));
    }
    let (_, _, a_side) = desired.sides().find(|(of, _, _)| *of == leg)?;
    let (root, z_side) = match leg {
        Leg::Primary => ("spec", &desired.order.z_side),
        Leg::Secondary => ("spec.secondary", &desired.order.secondary.as_ref()?.z_side),
    };
    let bandwidth = desired.order.bandwidth;
    let mut differs = vec![
        differ(line.port.clone(), &a_side.port, &format!("{root}.aSide.port")),
        differ_in_tags(line.tags, a_side.link.tags(), &format!("{root}.aSide.linkProtocol")),
    ];
    // A bandwidth that is only looked at may differ: that is what an observer wants to know.
    if !observes {
        differs.push(differ(line.bandwidth, &bandwidth.get(), "spec.bandwidthMbps"));
    }
    differs.extend(z_side_differs(&line.z_side, z_side));
    let differs: Vec<Mismatch> = differs.into_iter().flatten().collect();
    (!differs.is_empty()).then(|| {
        let fields: Vec<&str> = differs.iter().map(|difference| difference.at.as_str()).collect();
        let shown: Vec<&str> = differs.iter().map(|difference| difference.shown.as_str()).collect();
        let message = format!(
            "connection {} differs from {}, or the provider does not show that; correct spec.adopt, or these fields",
            line.id,
            fields.join(", ")
        );
        declined(message, format!("connection {} has {}", line.id, shown.join(", ")))
    })
}

/// A property of a connection that is not what the spec says.
struct Mismatch {
    /// The field of the spec.
    at: String,
    /// The value that the provider shows, for administrators.
    shown: String,
}

impl Mismatch {
    fn new(at: &str, shown: Option<impl Display>) -> Self {
        let shown = shown.map_or("nothing".to_owned(), |shown| shown.to_string());
        Self { at: at.to_owned(), shown: format!("{shown} for {at}") }
    }
}

/// How the Z side of a connection differs from the one that the spec describes.
fn z_side_differs(shown: &ZSideSeen, wanted: &ZSide) -> Vec<Option<Mismatch>> {
    match wanted {
        // Neither region nor peering is shown by every answer: what is shown has to agree.
        ZSide::Profile { profile, metro, seller_region, peering, .. } => vec![
            differ(shown.profile.clone(), profile, "spec.zSide.serviceProfile"),
            differ(shown.metro, metro, "spec.zSide.serviceProfile.metroCode"),
            shown.seller_region.clone().zip(seller_region.as_ref()).and_then(|(shown, wanted)| {
                differ(Some(shown), wanted, "spec.zSide.serviceProfile.sellerRegion")
            }),
            shown.peering.zip(*peering).filter(|(shown, wanted)| shown != wanted).map(
                |(shown, _)| {
                    let at = "spec.zSide.serviceProfile.peeringType";
                    Mismatch::new(at, Some(format!("{shown:?}")))
                },
            ),
        ],
        ZSide::Port { port, link, .. } => {
            let tags = shown.s_tag.map(|s_tag| Tags { s_tag, c_tag: shown.c_tag });
            vec![
                differ(shown.port.clone(), port, "spec.zSide.port"),
                differ_in_tags(tags, link.tags(), "spec.zSide.port.linkProtocol"),
            ]
        }
        ZSide::Token(token) => {
            let is_it = shown.token.as_ref() == Some(token);
            vec![(!is_it).then(|| Mismatch::new("spec.zSide.serviceToken", Some("another token")))]
        }
        ZSide::Invitation { email, metro, .. } => {
            let invitee = shown.invitee.as_deref().map(str::to_ascii_lowercase);
            let email = email.as_str().to_ascii_lowercase();
            vec![
                differ(invitee, &email, "spec.zSide.invitation.email"),
                differ(shown.metro, metro, "spec.zSide.invitation.metroCode"),
            ]
        }
    }
}

/// How one property differs from what `at` in the spec says; `None` if both agree.
fn differ<T: PartialEq + Display>(shown: Option<T>, wanted: &T, at: &str) -> Option<Mismatch> {
    (shown.as_ref() != Some(wanted)).then(|| Mismatch::new(at, shown))
}

/// The same of tags. The document of v3 prints no C-tag, so one that is not shown is no difference.
fn differ_in_tags(shown: Option<Tags>, wanted: Tags, at: &str) -> Option<Mismatch> {
    let shown = shown.map(|tags| Tags { c_tag: tags.c_tag.or(wanted.c_tag), ..tags });
    differ(shown, &wanted, at)
}

/// The field that names the connection of a leg.
fn adopted_by(leg: Leg) -> &'static str {
    match leg {
        Leg::Primary => "spec.adopt.uuid",
        Leg::Secondary => "spec.adopt.secondaryUuid",
    }
}
