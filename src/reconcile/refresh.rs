//! Re-reads an object from the API server after a conflict showed the informer cache to be stale.
//!
//! Without it, a cache that missed an event would be trusted for ever.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kube::{ResourceExt, api::ListParams};

use super::{
    Kind, Pass,
    context::Context,
    status::{ApiError, bounded},
};

/// The resources whose cached copies are known to be stale, by uid.
#[derive(Debug, Default)]
pub(crate) struct StaleCopies(Mutex<HashSet<String>>);

impl StaleCopies {
    /// The copy in the cache is older than the resource.
    pub(super) fn mark(&self, uid: &str) {
        self.all().insert(uid.to_owned());
    }

    /// Whether it is; the mark is gone with the answer.
    pub(super) fn take(&self, uid: &str) -> bool {
        self.all().remove(uid)
    }

    fn all(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The object from the cache, or from the API server if the last pass met a conflict. `None` if it
/// is gone.
pub(super) async fn refresh<K: Kind>(
    cached: Arc<K>,
    context: &Context,
) -> Result<Option<Arc<K>>, ApiError> {
    let pass = Pass::new(cached.as_ref(), context);
    let uid = &pass.key().uid;
    if !context.stale.take(uid) {
        return Ok(Some(cached));
    }
    // By a list, to which the watch has the right anyhow.
    let named = ListParams::default().fields(&format!("metadata.name={}", cached.name_any()));
    let newer = bounded("reading the object", pass.api().list(&named)).await;
    let newer = newer.inspect_err(|_| context.stale.mark(uid))?;
    Ok(newer.items.into_iter().find(|newer| newer.uid() == cached.uid()).map(Arc::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_copy_is_refreshed_once() {
        let stale = StaleCopies::default();
        assert!(!stale.take("u"));
        stale.mark("u");
        assert!(stale.take("u") && !stale.take("u"));
    }
}
