//! Connections in status: what is seen of each, and one summary of all. Pure.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ConditionType, FabricConnection, FabricConnectionStatus, ProviderFault, Reason, ZSideStatus,
};
use fabric_domain::{Connection, Flow, Leg, OperationalStatus, Phase, Standing, ZSideSeen};

use crate::{
    connection::{
        plan::SeenLegs,
        report::{Phased, leg_status_mut, working},
    },
    reconcile::{
        conditions::{ConditionStatus, Conditions, Progress, Summary},
        problem::{at_most, quoted},
    },
};

/// Copies what the provider shows of a connection.
pub(super) fn copy_observed(
    status: &mut FabricConnectionStatus,
    leg: Leg,
    seen: &Connection,
    now: Timestamp,
) {
    let mut faults = std::mem::take(&mut status.provider_faults);
    // Reports beside one another may show the same connection.
    let shown: Vec<ProviderFault> = seen.faults.iter().map(quoted).collect();
    faults.retain(|fault| !shown.contains(fault));
    faults.extend(shown);
    status.provider_faults = at_most(faults);
    let line = leg_status_mut(status, leg).get_or_insert_default();
    let pair = [&seen.equinix_status.to_string(), &seen.provider_status.to_string()];
    if [line.equinix_status.as_ref(), line.provider_status.as_ref()] != pair.map(Some) {
        line.since = Some(Time(now));
        [line.equinix_status, line.provider_status] = pair.map(|word| Some(word.clone()));
    }
    line.name = Some(seen.name.clone());
    line.bandwidth_mbps = seen.bandwidth;
    // An id that was known once is not blanked by an answer that leaves it out.
    if let Some(id) = &seen.provider_connection_id {
        line.provider_connection_id = Some(id.clone());
    }
    if let Some(redundancy) = &seen.redundancy {
        line.redundancy_group = Some(redundancy.group.clone());
    }
    if let Some(operational) = &seen.operational {
        line.operational_status = Some(operational.to_string());
    }
    copy_z_side(&mut line.z_side, &seen.z_side);
}

/// Copies where a connection ends, field by field: what an answer leaves out stays as it was.
fn copy_z_side(known: &mut Option<ZSideStatus>, seen: &ZSideSeen) {
    let before = known.clone().unwrap_or_default();
    let after = ZSideStatus {
        port_uuid: seen.port.as_ref().map(ToString::to_string).or(before.port_uuid),
        vlan_s_tag: seen.s_tag.or(before.vlan_s_tag),
        vlan_c_tag: seen.c_tag.or(before.vlan_c_tag),
    };
    *known = Some(after).filter(|after| *after != ZSideStatus::default());
}

/// Sets `DataPlaneUp` by what the provider last showed of each connection; it stays away as long as
/// the provider has shown nothing.
pub(super) fn data_plane(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    now: Timestamp,
) {
    let legs = [(Leg::Primary, &status.primary), (Leg::Secondary, &status.secondary)];
    let shown: Vec<(Leg, OperationalStatus)> = legs
        .into_iter()
        .filter_map(|(leg, known)| {
            let word = known.as_ref()?.operational_status.as_deref()?;
            Some((leg, OperationalStatus::read(word)))
        })
        .collect();
    let is = |wanted: fn(&OperationalStatus) -> bool| shown.iter().any(|(_, word)| wanted(word));
    let (holds, reason) = if shown.is_empty() {
        return;
    } else if is(|word| matches!(word, OperationalStatus::Down)) {
        (ConditionStatus::False, Reason::OperationalDown)
    } else if is(|word| matches!(word, OperationalStatus::Other(_))) {
        (ConditionStatus::Unknown, Reason::OperationalUnknown)
    } else {
        (ConditionStatus::True, Reason::OperationalUp)
    };
    let each: Vec<String> = match shown.as_slice() {
        [(_, word)] => vec![format!("Equinix reports the connection as {word}")],
        several => several
            .iter()
            .map(|(leg, word)| format!("Equinix reports the {leg} connection as {word}"))
            .collect(),
    };
    let generation = object.metadata.generation;
    let mut conditions = Conditions { list: &mut status.conditions, generation, now };
    conditions.set(ConditionType::DataPlaneUp, holds, reason, &each.join("; "));
}

/// What the phase of a connection means to its user.
pub(super) fn in_phase(object: &FabricConnection, line: &Connection, standing: Standing) -> Phased {
    let (progress, reason) = match standing.phase {
        Phase::Ready => (Progress::Done, Reason::InService),
        Phase::AwaitingApproval => (Progress::Working, Reason::AwaitingApproval),
        Phase::Pending | Phase::Ordering | Phase::Provisioning => {
            (Progress::Working, Reason::Provisioning)
        }
        Phase::Unknown => (Progress::Working, Reason::UnknownState),
        Phase::Deleting => (Progress::Working, Reason::Deprovisioning),
        Phase::Deleted => (Progress::Stuck, Reason::ConnectionDeleted),
        Phase::Failed => {
            let rejected = line.is_rejected();
            let reason = if rejected { Reason::Rejected } else { Reason::ProvisioningFailed };
            (Progress::Stuck, reason)
        }
    };
    let mut message = match standing.phase {
        Phase::Unknown => format!(
            "{} ({}/{})",
            standing.advice, line.equinix_status, line.provider_status
        ),
        Phase::Deleted => {
            "the connection was deleted, and not by this resource; delete this resource, and create it anew to order again".to_owned()
        }
        _ => standing.advice.to_owned(),
    };
    for fault in &line.faults {
        message = format!("{message}; {}", fault.with_correlation_id());
    }
    let tags = &object.spec.a_side.link_protocol;
    if [tags.vlan_tag, tags.vlan_s_tag, tags.vlan_c_tag].into_iter().flatten().any(|t| t > 4092) {
        message = format!("{message}; note that the published v4 specification ends at VLAN 4092");
    }
    let waiting_for = standing.waiting_for;
    let summary = Summary { progress, waiting_for, ..Summary::working(reason, message) };
    Phased { phase: Some(standing.phase), summary }
}

/// One summary of all connections: that of the one which is furthest from being in service, with the
/// messages of both where they differ. `None` if there are none.
pub(super) fn together(
    connections: &SeenLegs,
    describe: impl Fn(&Connection) -> Phased,
) -> Option<Phased> {
    let mut all: Vec<(Leg, Phased)> =
        connections.iter().map(|(leg, seen)| (*leg, describe(seen))).collect();
    let differ = all.windows(2).any(|pair| pair[0].1.summary.message != pair[1].1.summary.message);
    let both: Vec<String> =
        all.iter().map(|(leg, one)| format!("{leg}: {}", one.summary.message)).collect();
    all.sort_by_key(|(_, one)| one.phase.map_or(0, distance));
    let (_, Phased { phase, mut summary }) = all.pop()?;
    if differ {
        summary.message = both.join("; ");
    }
    Some(Phased { phase, summary })
}

/// How far a phase is from being in service.
fn distance(phase: Phase) -> u8 {
    match phase {
        Phase::Ready => 0,
        Phase::Provisioning => 1,
        Phase::Ordering => 2,
        Phase::Pending => 3,
        Phase::AwaitingApproval => 4,
        Phase::Unknown => 5,
        Phase::Deleting => 6,
        Phase::Deleted => 7,
        Phase::Failed => 8,
    }
}

/// What a connection that goes down means to its user.
pub(super) fn going_down(seen: &Connection, flow: Flow) -> Phased {
    let standing = Standing::of(&seen.equinix_status, &seen.provider_status, flow);
    if standing.phase == Phase::Deleting {
        let advice = standing.advice.to_owned();
        let Phased { phase, summary } = working(Reason::Deprovisioning, Phase::Deleting, advice);
        return Phased { phase, summary: Summary { waiting_for: standing.waiting_for, ..summary } };
    }
    let message =
        "the cancellation was taken and the connection is still up; it is billed until it is gone"
            .to_owned();
    working(Reason::Deprovisioning, Phase::Deleting, message)
}
