//! The copy of an object that a pass works on: the cache's, or a new one where that has proved to
//! be too old. A cache that missed an event would otherwise be trusted for ever.

use std::{fmt::Debug, sync::Arc};

use kube::{Api, Resource, ResourceExt, api::ListParams};
use serde::de::DeserializeOwned;

use crate::reconcile::{
    memory::Memory,
    status::{Error, bounded},
};

/// The object as the cache has it, or as it is if the last pass met a conflict. `None` if it is
/// gone.
pub(crate) async fn newest<K>(
    cached: Arc<K>,
    api: &Api<K>,
    memory: &Memory,
) -> Result<Option<Arc<K>>, Error>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    let uid = cached.uid().unwrap_or_default();
    if !memory.was_outdated(&uid) {
        return Ok(Some(cached));
    }
    // By a list, to which the watch has the right anyhow.
    let named = ListParams::default().fields(&format!("metadata.name={}", cached.name_any()));
    let newer = bounded("reading the object", api.list(&named)).await;
    let newer = newer.inspect_err(|_| memory.outdated(&uid))?;
    Ok(newer.items.into_iter().find(|newer| newer.uid() == cached.uid()).map(Arc::new))
}
