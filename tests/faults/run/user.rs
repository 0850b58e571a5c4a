//! The user's steps: applies, edits and deletes resources, and waits for what they show.

use std::{sync::atomic::Ordering, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use fabric_client::Http;
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::{InProcess, ORIGIN},
};

use super::{Asked, Dialect, HOME, PATIENCE, Run, account};
use crate::{
    logs::{AWS_KEYS, canary},
    net::What,
    specs,
};

impl Run {
    /// The spec of a line, one of several kinds.
    pub fn some_line(&self) -> Value {
        specs::some(&self.seed, self.dialect)
    }

    /// Creates or replaces a connection.
    pub fn apply(&mut self, name: &str, spec: Value) {
        self.apply_in(HOME, name, spec);
    }

    /// Creates or replaces a connection in a namespace.
    pub fn apply_in(&mut self, namespace: &str, name: &str, spec: Value) {
        let mut object = manifests::connection(name, spec.clone());
        object["metadata"]["namespace"] = json!(namespace);
        let stored = self.cluster.apiserver.put(object);
        let uid = stored["metadata"]["uid"].as_str().unwrap().to_owned();
        if !self.asked.iter().any(|asked| asked.uid == uid) {
            self.asked.push(Asked { name: name.into(), uid, spec, deleted: false });
        }
    }

    /// Changes parts of a spec.
    pub async fn edit(&self, name: &str, spec: Value) {
        self.patch(name, json!({"spec": spec})).await;
    }

    pub async fn patch(&self, name: &str, patch: Value) {
        let params = PatchParams::default();
        self.cluster.connections().patch(name, &params, &Patch::Merge(patch)).await.unwrap();
    }

    /// Deletes a connection.
    pub async fn delete(&mut self, name: &str) {
        for asked in self.asked.iter_mut().filter(|asked| asked.name == name) {
            asked.deleted = true;
        }
        self.cluster.connections().delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// Deletes a resource that was not asked for here.
    pub async fn delete_untracked(&self, name: &str) {
        self.cluster.connections().delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// A resource is gone from the cluster, finalizer and all, and what it stood for is not.
    pub async fn vanish(&mut self, name: &str) {
        self.patch(name, json!({"metadata": {"finalizers": null}})).await;
        self.delete_untracked(name).await;
        self.asked.retain(|asked| asked.name != name);
    }

    /// A backup brings a resource back, under another uid.
    pub fn restore(&mut self, name: &str, backup: Value, spec: Value) {
        let stored = self.cluster.apiserver.put(backup);
        let uid = stored["metadata"]["uid"].as_str().unwrap().to_owned();
        self.asked.push(Asked { name: name.into(), uid, spec, deleted: false });
    }

    /// A network and a provider that lose no time.
    pub fn prompt(&mut self) {
        self.net.prompt();
    }

    /// Whether the other parties accept from now on.
    pub fn people(&self, willing: bool) {
        self.people.store(willing, Ordering::Relaxed);
    }

    /// Sets the observation interval of the account.
    pub fn look_every(&self, seconds: u32) {
        let mut account = account(self.dialect);
        account["spec"]["observationIntervalSeconds"] = json!(seconds);
        self.cluster.apiserver.put(account);
    }

    /// A connection without a resource: ordered by one that was deleted with policy Orphan.
    pub async fn orphan(&mut self, mut spec: Value) {
        spec["deletionPolicy"] = json!("Orphan");
        let before = self.asked.len();
        self.apply("stranger", spec);
        self.start();
        self.until_ready("stranger").await;
        self.foreign.insert(self.uuid("stranger"));
        self.delete("stranger").await;
        self.until_gone("stranger").await;
        self.asked.truncate(before);
    }

    /// A user of the organisation cancels a connection in the portal.
    pub async fn portal_cancels(&self, uuid: &str) {
        let path = match self.dialect {
            Dialect::V4 => format!("/fabric/v4/connections/{uuid}"),
            Dialect::V3 => format!("/ecx/v3/l2/connections/{uuid}"),
        };
        self.portal("DELETE", path, Value::Null).await;
    }

    /// A user of the organisation orders a connection to AWS in the portal; returns its id.
    pub async fn portal_orders(&mut self, name: &str, vlan: u16) -> String {
        let (path, body) = match self.dialect {
            Dialect::V4 => {
                let link = json!({"type": "DOT1Q", "vlanTag": vlan});
                let port = "7f891d3b-973e-73e0-bae0-30ac1885197a";
                let profile = "3214888b-39b0-49ea-a232-005088dc9c84";
                ("/fabric/v4/connections", manifests::aws_v4_body(name, "1", port, link, profile))
            }
            Dialect::V3 => {
                let sample = include_str!("../../fixtures/v3/010-aws-dot1q.json");
                let mut body: Value = serde_json::from_str(sample).unwrap();
                body["primaryName"] = json!(name);
                body["primaryVlanSTag"] = json!(vlan.to_string());
                ("/ecx/v3/l2/connections", body)
            }
        };
        let placed = self.portal("POST", path.to_owned(), body).await;
        let uuid = placed["uuid"].as_str().or(placed["primaryConnectionId"].as_str()).unwrap();
        self.foreign.insert(uuid.to_owned());
        uuid.to_owned()
    }

    async fn portal(&self, method: &str, path: String, body: Value) -> Value {
        let canary = canary();
        let ask = async |method: &str, path: String, token: &str, body: Value| {
            let request = http::Request::builder()
                .method(method)
                .uri(format!("{ORIGIN}{path}"))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .body(body.to_string().into())
                .unwrap();
            let answer = InProcess(self.cluster.world.router()).send(request).await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
            serde_json::from_slice::<Value>(answer.body()).unwrap_or_default()
        };
        let credentials = json!({
            "grant_type": "client_credentials",
            "client_id": canary.client_id,
            "client_secret": canary.client_secret,
        });
        let token = ask("POST", "/oauth2/v1/token".into(), "", credentials).await;
        ask(method, path, token["access_token"].as_str().unwrap(), body).await
    }

    /// A Secret of the connections' namespace with the seller's key.
    pub fn put_key(&self, namespace: &str, value: &str) {
        self.cluster.apiserver.put(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "seller", "namespace": namespace},
            "data": {"key": STANDARD.encode(value)},
        }));
    }

    /// What accepts a connection at AWS.
    pub fn put_aws_keys(&self) {
        self.cluster.apiserver.put(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "aws-keys", "namespace": "network"},
            "data": {
                "accessKey": STANDARD.encode(AWS_KEYS[0]), "secretKey": STANDARD.encode(AWS_KEYS[1]),
            },
        }));
    }

    /// Waits, on the virtual clock.
    pub async fn until(&self, what: &str, holds: impl Fn(&TestCluster) -> bool) {
        let began = Instant::now();
        while !holds(&self.cluster) {
            let waited = began.elapsed();
            assert!(waited < PATIENCE, "never {what}: {}", self.statuses());
            let often = waited < Duration::from_secs(300);
            sleep(Duration::from_secs(if often { 1 } else { 15 })).await;
        }
    }

    pub async fn until_reason(&self, name: &str, reasons: &[&str]) {
        self.until(&format!("{name} is {reasons:?}"), |cluster| {
            cluster.condition(name, "Ready").is_some_and(|c| reasons.contains(&c.1.as_str()))
        })
        .await;
    }

    pub async fn until_ready(&self, name: &str) {
        self.until(&format!("{name} is ready"), |cluster| ready(cluster, name)).await;
    }

    pub async fn until_gone(&self, name: &str) {
        self.until(&format!("{name} is gone"), |cluster| cluster.get(name).is_none()).await;
    }

    /// Until the operators have begun so many calls of a kind.
    pub async fn until_begun(&self, what: What, times: usize) {
        let net = self.net.clone();
        self.until(&format!("{what:?} is asked for"), |_| net.begun(what) >= times).await;
    }

    /// Order, provision, rest, cancel.
    pub async fn life(&mut self) {
        self.apply("line", self.some_line());
        self.start();
        self.rest_of_life("line").await;
    }

    /// From whatever there is to the end, with all that must hold on the way.
    pub async fn rest_of_life(&mut self, name: &str) {
        self.until_ready(name).await;
        self.quiet().await;
        self.delete(name).await;
        self.until_gone(name).await;
    }

    /// The status of all connections, for the message of a failed run.
    pub fn statuses(&self) -> String {
        let status = |object: &Value| {
            let ready = condition(object, "Ready").unwrap_or_default();
            let [primary, secondary] =
                ["primary", "secondary"].map(|part| object["status"][part].to_string());
            format!(
                "{} {ready:?} {primary} {secondary} {}",
                object["metadata"]["name"], object["status"]["providerFaults"]
            )
        };
        let statuses: Vec<String> =
            self.cluster.apiserver.all("fabricconnections").iter().map(status).collect();
        let accounts: Vec<_> = self.cluster.apiserver.all("fabricaccounts");
        let account = accounts.first().and_then(|account| condition(account, "Ready"));
        format!(
            "{}; account {account:?}; lines {:?}",
            statuses.join("; "),
            self.cluster.world.lines()
        )
    }

    /// The line of a connection.
    pub fn uuid(&self, name: &str) -> String {
        let object = self.cluster.get(name).unwrap();
        object["status"]["primary"]["uuid"].as_str().unwrap().to_owned()
    }
}

pub fn ready(cluster: &TestCluster, name: &str) -> bool {
    cluster.condition(name, "Ready").is_some_and(|c| c.0 == "True")
}
