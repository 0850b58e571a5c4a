//! What a decision is about: through which account it goes, and which legs it aims at.
//!
//! Read off the spec and the cluster. Ids come from the spec and from the connection's own status,
//! never from the decision's: who may write that must not be able to aim it at another line.

use kube::ResourceExt;

use fabric_api::{ApprovalDecision, ApprovalSubject, ConnectionApproval, FabricConnection, Reason};
use fabric_domain::{ConnectionId, Flow, Leg, SellerRequest, Subject};

use crate::{
    approval::legs::{LegTarget, known},
    reconcile::{
        claims::{flow, leg_status},
        context::Context,
        problem::Problem,
    },
};

/// What a decision is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// `None` if there is nothing left to look at.
    pub(super) account: Option<String>,
    pub(super) legs: Vec<(Leg, LegTarget)>,
}

/// What is decided: as its buyer, who alone has keys for AWS, or as its seller.
pub(super) fn subject(object: &ConnectionApproval) -> Subject {
    let spec = &object.spec;
    match spec.subject {
        ApprovalSubject::Creation if spec.aws_credentials_ref.is_some() => Subject::Acceptance,
        ApprovalSubject::Creation => Subject::Seller(SellerRequest::Creation),
        ApprovalSubject::Deletion => Subject::Seller(SellerRequest::Deletion),
        ApprovalSubject::Change => Subject::Seller(SellerRequest::Change),
    }
}

/// Whether the decision is yes.
pub(super) fn is_yes(object: &ConnectionApproval) -> bool {
    object.spec.decision == ApprovalDecision::Approve
}

/// What the decision is about; `None` if the connections of the cluster are not known yet.
pub(super) fn target(
    object: &ConnectionApproval,
    context: &Context,
) -> Option<Result<Target, Problem>> {
    let spec = &object.spec;
    match (&spec.connection.name, &spec.connection.uuid, &spec.account) {
        (Some(name), None, None) => {
            let namespace = object.namespace().unwrap_or_default();
            context.connections.are_listed().then(|| {
                match context.connections.get(&namespace, name) {
                    Some(connection) => by_name(object, &connection),
                    None => without_connection(object, name),
                }
            })
        }
        (None, Some(uuid), Some(account)) => Some(by_uuid(object, uuid, account)),
        (_, _, _) => Some(Err(Problem::stalled(
            Reason::InvalidSpec,
            "spec.connection needs exactly one of name and uuid, and spec.account goes with the uuid",
        ))),
    }
}

fn by_name(object: &ConnectionApproval, connection: &FabricConnection) -> Result<Target, Problem> {
    let name = connection.name_any();
    if subject(object) == Subject::Acceptance && goes_elsewhere(connection) {
        return Err(Problem::stalled(
            Reason::InvalidSpec,
            format!(
                "FabricConnection {name} does not go to AWS, and spec.awsCredentialsRef is for AWS's connections only; delete this resource"
            ),
        ));
    }
    let pair = connection.spec.secondary.is_some();
    let one_side = object.spec.primary.is_some() && object.spec.secondary.is_none();
    if object.spec.secondary.is_some() && !pair {
        return Err(Problem::stalled(
            Reason::InvalidSpec,
            format!(
                "FabricConnection {name} is no redundant pair; create a ConnectionApproval without spec.secondary"
            ),
        ));
    }
    let legs = [Leg::Primary, Leg::Secondary];
    let legs = legs.into_iter().take(if pair && !one_side { 2 } else { 1 });
    let aims = legs.map(|leg| {
        let ordered = leg_status(connection, leg).and_then(|line| line.uuid.as_deref());
        let before = known(object, leg).and_then(|line| line.uuid.as_deref());
        let aim = match (ordered, before) {
            // A connection that was ordered anew under the old name is another one.
            (_, Some(before)) if !ordered.is_some_and(|is| is.eq_ignore_ascii_case(before)) => {
                LegTarget::Gone
            }
            (Some(uuid), _) => LegTarget::Known(parse(uuid)?),
            (None, _) => LegTarget::NotOrdered,
        };
        Ok((leg, aim))
    });
    let legs = aims.collect::<Result<Vec<_>, Problem>>()?;
    Ok(Target { account: Some(connection.spec.account.clone()), legs })
}

/// Whether a connection is known not to go to AWS.
fn goes_elsewhere(connection: &FabricConnection) -> bool {
    let profile = connection.spec.z_side.service_profile.as_ref();
    let resolved = connection.status.as_ref().and_then(|status| status.resolved.as_ref());
    let resolved = resolved.and_then(|resolved| resolved.profile_name.as_ref());
    let named = profile.is_none_or(|profile| profile.name.is_some() || resolved.is_some());
    named && flow(connection) != Flow::Aws
}

/// The connection is not there: not yet, or not any more.
fn without_connection(object: &ConnectionApproval, name: &str) -> Result<Target, Problem> {
    let legs = [Leg::Primary, Leg::Secondary].into_iter();
    let before = legs.filter(|leg| known(object, *leg).is_some_and(|line| line.uuid.is_some()));
    let legs: Vec<(Leg, LegTarget)> = before.map(|leg| (leg, LegTarget::Gone)).collect();
    if legs.is_empty() {
        return Err(Problem::missing(
            Reason::ConnectionNotFound,
            format!(
                "FabricConnection {name} does not exist in this namespace; create it, or create a ConnectionApproval with the right name"
            ),
        ));
    }
    Ok(Target { account: None, legs })
}

fn by_uuid(object: &ConnectionApproval, uuid: &str, account: &str) -> Result<Target, Problem> {
    let id = parse(uuid)?;
    let mut legs = vec![(Leg::Primary, LegTarget::Known(id))];
    if object.spec.secondary.is_some() {
        legs.push((Leg::Secondary, LegTarget::OtherHalf));
    }
    Ok(Target { account: Some(account.to_owned()), legs })
}

fn parse(uuid: &str) -> Result<ConnectionId, Problem> {
    ConnectionId::parse(uuid).map_err(|invalid| {
        Problem::stalled(Reason::InvalidSpec, format!("the connection's uuid: {invalid}"))
    })
}
