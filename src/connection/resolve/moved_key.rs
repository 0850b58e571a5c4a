//! An authentication key that moved from the spec to a Secret after the order: whether it is the same one.
//!
//! The provider shows no key, so status keeps a hash of one that the spec gave in clear. This reads the
//! Secret that the spec names and compares; it changes nothing, and the order keeps the key that it had.

use kube::ResourceExt;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use fabric_api::{FabricConnection, Reason, ServiceProfileRef};
use fabric_domain::Leg;

use super::{SpecFields, z_side::merged};
use crate::{
    account::secrets::{self, SecretReference},
    connection::ConnectionPass,
    reconcile::{backoff::LONGEST_PAUSE, claims::leg_status, problem::Problem, status::ApiError},
};

/// The hash of the key that the spec gives in clear for a leg, if it does.
pub(in crate::connection) fn key_hash(object: &FabricConnection, leg: Leg) -> Option<String> {
    let profile = service_profile(object, leg)?;
    profile.authentication_key.map(|key| hash(object, &key))
}

/// What is wrong with the key of a leg that was ordered with a key in clear and takes it from a Secret by
/// now; `None` if it is the same, or did not move.
pub(in crate::connection) async fn moved_key(
    pass: &ConnectionPass<'_>,
    leg: Leg,
) -> Result<Option<Problem>, ApiError> {
    let object = pass.object;
    let ordered = leg_status(object, leg).and_then(|line| line.order.as_ref()?.key_hash.as_ref());
    let reference = service_profile(object, leg).and_then(|profile| profile.authentication_key_ref);
    let (Some(ordered), Some(reference)) = (ordered, reference) else { return Ok(None) };
    let half = object.spec.secondary.as_ref().and_then(|half| half.z_side.as_ref());
    let fields = match leg {
        Leg::Primary => SpecFields::primary(),
        Leg::Secondary => SpecFields::secondary(half),
    };
    let (namespace, field) = (pass.namespace(), fields.key_ref());
    let secret =
        SecretReference { namespace, name: &reference.name, field, read_again: LONGEST_PAUSE };
    Ok(match secrets::read_key(pass.context, secret, &reference.key).await? {
        Ok(key) if hash(object, key.expose_secret()) == *ordered => None,
        Ok(_) => Some(Problem::stalled(
            Reason::KeyDiffers,
            format!(
                "the key in Secret {} is not the one that the connection was ordered with, which it keeps; put that one into the Secret, or order another connection",
                reference.name
            ),
        )),
        Err(problem) => Some(problem),
    })
}

/// The service profile of a leg, with what the secondary changes of it.
fn service_profile(object: &FabricConnection, leg: Leg) -> Option<ServiceProfileRef> {
    let spec = &object.spec;
    match leg {
        Leg::Primary => spec.z_side.service_profile.clone(),
        Leg::Secondary => {
            let half = spec.secondary.as_ref()?;
            merged(&spec.z_side, half.z_side.as_ref()).service_profile
        }
    }
}

/// Thirty-two bits, salted with the resource's uid: enough to notice another key, and too few to find a
/// short one, such as the number of an account at AWS, by trying them all.
fn hash(object: &FabricConnection, key: &str) -> String {
    let salted = format!("{}/{key}", object.uid().unwrap_or_default());
    let digest: [u8; 32] = Sha256::digest(salted).into();
    let short = u32::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
    format!("{short:08x}")
}
