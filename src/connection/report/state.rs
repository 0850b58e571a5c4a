//! Lines as they are told: where each stands, and one story of all.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{FabricConnection, FabricConnectionStatus, ProviderFault, Reason};
use fabric_domain::{Connection, Flow, Leg, Phase, Standing};

use crate::{
    connection::{
        plan::Lines,
        report::{Story, line, working},
    },
    reconcile::conditions::Progress,
};

/// Copies what is seen of a line.
pub(super) fn see(
    status: &mut FabricConnectionStatus,
    leg: Leg,
    seen: &Connection,
    now: Timestamp,
) {
    let faults = seen.faults.iter();
    let faults =
        faults.map(|text| ProviderFault { message: text.clone(), ..ProviderFault::default() });
    status.provider_faults.extend(faults);
    status.provider_faults.truncate(8);
    let line = line(status, leg).get_or_insert_default();
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
}

/// What a line's place in its life means for its owner.
pub(super) fn stand(object: &FabricConnection, line: &Connection, standing: Standing) -> Story {
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
        message = format!("{message}; {fault}");
    }
    let tags = &object.spec.a_side.link_protocol;
    if [tags.vlan_tag, tags.vlan_s_tag, tags.vlan_c_tag].into_iter().flatten().any(|t| t > 4092) {
        message = format!("{message}; note that the published v4 specification ends at VLAN 4092");
    }
    let phase = Some(standing.phase);
    let waiting_for = standing.waiting_for;
    Story { progress, reason, phase, waiting_for, message, beside: None }
}

/// One story of all lines: that of the line which is furthest from being in service, with the
/// words of both where they differ. `None` if there are no lines.
pub(super) fn together(lines: &Lines, tell: impl Fn(&Connection) -> Story) -> Option<Story> {
    let mut stories: Vec<(Leg, Story)> =
        lines.iter().map(|(leg, seen)| (*leg, tell(seen))).collect();
    let differ = stories.windows(2).any(|pair| pair[0].1.message != pair[1].1.message);
    let message = differ.then(|| {
        let told = stories.iter().map(|(leg, story)| format!("{leg}: {}", story.message));
        told.collect::<Vec<_>>().join("; ")
    });
    stories.sort_by_key(|(_, story)| story.phase.map_or(0, distance));
    let (_, story) = stories.pop()?;
    Some(Story { message: message.unwrap_or_else(|| story.message.clone()), ..story })
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

/// How a line goes down.
pub(super) fn go_down(seen: &Connection, flow: Flow) -> Story {
    let standing = Standing::of(&seen.equinix_status, &seen.provider_status, flow);
    if standing.phase == Phase::Deleting {
        let story = working(Reason::Deprovisioning, Phase::Deleting, standing.advice.to_owned());
        return Story { waiting_for: standing.waiting_for, ..story };
    }
    let message =
        "the cancellation was taken and the connection is still up; it is billed until it is gone"
            .to_owned();
    working(Reason::Deprovisioning, Phase::Deleting, message)
}
