//! The commands: the requests that change a profile at the provider, and what their answers mean.
//!
//! Each sends at most one request, through the engine's `send_once`. Whether a command is due is the
//! plan's decision.

mod create;
mod delete;
mod replace;

use kube_runtime::controller::Action;

use fabric_api::{ReplacementStatus, ServiceProfile};
use fabric_client::ShownProfile;
use fabric_domain::{Offering, ProfileId};

use crate::reconcile::{Pass, status::ApiError};
use delete::ProfileDeletion;

/// What a pass can do beside reporting.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum ProfileCommand {
    /// Create a profile with this offering, as this attempt, from 1.
    Create { offering: Box<Offering>, attempt: u32 },
    /// Replace what a profile offers, if it still is as shown; `record` goes into status before.
    Replace { shown: Box<ShownProfile>, wanted: Box<Offering>, record: ReplacementStatus },
    /// Delete a profile.
    Delete(ProfileId),
}

/// Carries a command out.
pub(super) async fn act(
    pass: &Pass<'_, ServiceProfile>,
    command: ProfileCommand,
) -> Result<Action, ApiError> {
    let session = match pass.session(&pass.object.spec.account) {
        Ok(session) => session,
        Err(problem) => return pass.block(problem).await,
    };
    match command {
        ProfileCommand::Create { offering, attempt } => {
            create::create(pass, &session, &offering, attempt).await
        }
        ProfileCommand::Replace { shown, wanted, record } => {
            replace::replace(pass, &session, &shown, &wanted, record).await
        }
        ProfileCommand::Delete(id) => pass.send_once(&session, &ProfileDeletion(id)).await,
    }
}
