//! `fabric-operator guard`: refuses an uninstallation while resources are left, as a hook of the chart.
//!
//! Uninstalling loses no resource, but without the operator nothing cancels what Equinix bills. It must
//! not change anything.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::{Api, Client, Resource, api::ListParams};
use serde::de::DeserializeOwned;

use fabric_api::{FabricConnection, ServiceProfile};
use fabric_client::Proxies;

use crate::{cli::run::cluster, controllers::namespaced};

/// How many resources are counted; more are "at least" so many.
const COUNTED: u32 = 500;

/// Options of `guard`.
#[derive(Debug, clap::Args)]
pub(super) struct GuardArgs {
    /// Look at the resources of this namespace only.
    #[arg(long, env = "FABRIC_OPERATOR_WATCH_NAMESPACE")]
    watch_namespace: Option<String>,
}

impl GuardArgs {
    /// Fails if a FabricConnection or a ServiceProfile is left, or if that cannot be found out.
    pub(super) async fn execute(self) -> Result<(), String> {
        let client = cluster::client(&Proxies::from_env()?).await?;
        let watched = self.watch_namespace.as_deref();
        let connections = count::<FabricConnection>(&client, watched).await?;
        let profiles = count::<ServiceProfile>(&client, watched).await?;
        if let Some(why) = verdict(connections, profiles) {
            return Err(why);
        }
        println!("no FabricConnection and no ServiceProfile is left");
        Ok(())
    }
}

/// How many resources of a kind there are, [`COUNTED`] at most.
async fn count<K>(client: &Client, watched: Option<&str>) -> Result<usize, String>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    K: Clone + Debug + DeserializeOwned,
{
    let api: Api<K> = namespaced(client.clone(), watched);
    let listed = api.list_metadata(&ListParams::default().limit(COUNTED)).await;
    match listed {
        Ok(list) => Ok(list.items.len()),
        // Without its definition there is no resource of the kind.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(0),
        Err(error) => Err(format!("cannot list {}: {error}", K::plural(&()))),
    }
}

/// Why the operator is still needed, if it is.
fn verdict(connections: usize, profiles: usize) -> Option<String> {
    let counted = |count: usize, kind: &str| {
        let least = if count >= COUNTED as usize { "at least " } else { "" };
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{least}{count} {kind}{plural}"))
    };
    let left = [counted(connections, "FabricConnection"), counted(profiles, "ServiceProfile")];
    let left: Vec<String> = left.into_iter().flatten().collect();
    (!left.is_empty()).then(|| {
        format!(
            "the cluster still has {}; without the operator nothing cancels them, and Equinix goes on billing: \
             delete them and wait until they are gone, or keep them and uninstall with helm's option --no-hooks",
            left.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted_and_nothing_left_lets_go() {
        assert_eq!(verdict(0, 0), None);
        assert!(verdict(1, 0).unwrap().contains("has 1 FabricConnection;"));
        let both = verdict(500, 2).unwrap();
        assert!(both.contains("at least 500 FabricConnections and 2 ServiceProfiles"), "{both}");
    }
}
