//! Notices that an account's Secret changed.
//!
//! A watch would need the right to read every Secret of the namespace at once. So this gets the metadata of
//! each account's Secret again and again; no credentials arrive by it. What a change means is not decided
//! here.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{Stream, StreamExt, stream};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt};
use kube_runtime::reflector::ObjectRef;
use tokio::time::sleep;

use fabric_api::FabricAccount;

use crate::reconcile::{context::Context, status::bounded};

/// How often: one small request for each account.
const LOOK: Duration = Duration::from_secs(10);

/// The version of each account's Secret at the last look, by account; `None` if there was none.
type Versions = HashMap<String, Option<String>>;

/// The accounts whose Secret was created, changed or deleted. Their backoff is ended.
pub(super) fn secret_changes(
    context: &Arc<Context>,
) -> impl Stream<Item = ObjectRef<FabricAccount>> + Send + use<> {
    let looks = stream::unfold((context.clone(), Versions::new()), async |(context, before)| {
        sleep(LOOK).await;
        let (changed, now) = look(&context, &before).await;
        Some((stream::iter(changed), (context, now)))
    });
    looks.flatten()
}

async fn look(context: &Context, before: &Versions) -> (Vec<ObjectRef<FabricAccount>>, Versions) {
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &context.settings.namespace);
    let (mut changed, mut now) = (vec![], Versions::new());
    for account in context.accounts.all() {
        let name = account.name_any();
        let known = before.get(&name);
        let secret = secrets.get_metadata_opt(&account.spec.credentials.secret_ref.name);
        // What cannot be read proves no change; the account's own pass reports it.
        let Ok(secret) = bounded("looking at the account's Secret", secret).await else {
            now.extend(known.map(|version| (name, version.clone())));
            continue;
        };
        let version = secret.and_then(|secret| secret.resource_version());
        // The first look has nothing to compare with.
        if known.is_some_and(|known| *known != version) {
            context.backoff.resume(&account.uid().unwrap_or_default());
            changed.push(ObjectRef::from_obj(&*account));
        }
        now.insert(name, version);
    }
    (changed, now)
}
