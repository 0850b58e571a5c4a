//! Finalizers: what keeps an object until what it stands for is gone.
//!
//! Each write names the resourceVersion that it was made from, so that an object is let go only as
//! it was judged.

use std::fmt::Debug;

use kube::{
    Api, Resource, ResourceExt,
    api::{Patch, PatchParams},
};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::reconcile::status::{ApiError, bounded};

/// Adds `finalizer`, before there can be anything to keep the object for.
pub(crate) async fn add<K>(api: &Api<K>, object: &K, finalizer: &str) -> Result<(), ApiError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let mut finalizers = object.finalizers().to_vec();
    finalizers.push(finalizer.to_owned());
    write(api, object, &finalizers).await
}

/// Removes `finalizer`, if the object is still the one that was judged.
pub(super) async fn remove<K>(api: &Api<K>, object: &K, finalizer: &str) -> Result<(), ApiError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let kept = object.finalizers().iter().filter(|f| *f != finalizer);
    let kept: Vec<String> = kept.cloned().collect();
    match write(api, object, &kept).await {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

async fn write<K>(api: &Api<K>, object: &K, finalizers: &[String]) -> Result<(), ApiError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let patch = json!({
        "metadata": {"resourceVersion": object.resource_version(), "finalizers": finalizers},
    });
    let name = object.name_any();
    let params =
        PatchParams { field_manager: Some("fabric-operator".into()), ..PatchParams::default() };
    bounded("writing the finalizer", api.patch(&name, &params, &Patch::Merge(&patch))).await?;
    Ok(())
}
