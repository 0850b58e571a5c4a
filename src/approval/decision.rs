//! The decision itself, as it is sent: the spec's words, the ends and the keys.
//!
//! Reads the Secret with the keys, now and nowhere else; sends nothing.

use kube::ResourceExt;
use secrecy::ExposeSecret;

use fabric_api::{AwsCredentialsRef, ConnectionApproval, Reason};
use fabric_domain::{AuthenticationKey, AwsKeys, Decision, SellerPort, SellerRequest, Subject};

use crate::{
    account::secrets::{self, SecretReference},
    approval::{observe::ApprovalObservation, plan::Due},
    reconcile::{backoff::LONGEST_PAUSE, context::Context, problem::Problem, status::ApiError},
};

/// What to send for the legs that are due.
pub(super) async fn decision(
    object: &ConnectionApproval,
    context: &Context,
    seen: &ApprovalObservation,
    due: &[Due],
) -> Result<Result<Decision, Problem>, ApiError> {
    let spec = &object.spec;
    let seller_ports: Vec<&SellerPort> =
        due.iter().filter_map(|due| due.seller_port.as_ref()).collect();
    let whole = |message: &str| Problem::stalled(Reason::InvalidSpec, message);
    Ok(match (seen.subject, seen.yes) {
        (Subject::Acceptance, _) => match &spec.aws_credentials_ref {
            Some(reference) => keys(object, reference, context).await?.map(Decision::Accept),
            None => Err(whole("spec.awsCredentialsRef is missing")),
        },
        (Subject::Seller(SellerRequest::Creation), true) => match seller_ports.as_slice() {
            [seller_port] => Ok(Decision::Admit((*seller_port).clone())),
            [primary, secondary] => {
                Ok(Decision::AdmitPair((*primary).clone(), (*secondary).clone()))
            }
            _ => Err(whole("spec.primary says where the connection ends, and is missing")),
        },
        (Subject::Seller(SellerRequest::Deletion), true) => Ok(Decision::LetGo),
        (Subject::Seller(SellerRequest::Change), true) => Ok(Decision::AgreeToChange),
        (Subject::Seller(asks), false) => {
            Ok(Decision::Refuse(asks, spec.comment.clone().unwrap_or_default()))
        }
    })
}

/// The keys of the AWS account.
async fn keys(
    object: &ConnectionApproval,
    reference: &AwsCredentialsRef,
    context: &Context,
) -> Result<Result<AwsKeys, Problem>, ApiError> {
    let namespace = object.namespace().unwrap_or_default();
    let reference_to_keys = SecretReference {
        namespace: &namespace,
        name: &reference.name,
        field: "spec.awsCredentialsRef",
        read_again: LONGEST_PAUSE,
    };
    let secret = match secrets::read(context, reference_to_keys).await? {
        Ok(secret) => secret,
        Err(problem) => return Ok(Err(problem)),
    };
    let read = |key: &str| {
        let text = secret.text(key)?;
        AuthenticationKey::parse(text.expose_secret()).map_err(|invalid| {
            secret.invalid(&format!(
                "holds an unusable value under the key {key}: {invalid}; correct the value there"
            ))
        })
    };
    Ok(match (read(&reference.access_key), read(&reference.secret_key)) {
        (Ok(access), Ok(secret)) => Ok(AwsKeys { access, secret }),
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    })
}
