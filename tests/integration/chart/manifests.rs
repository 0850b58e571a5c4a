//! The effect of values on the manifests, and what no value can undo.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::{Value, json};

use fabric_api::VERSION_ANNOTATION;

use super::{SETS, find, names, rendered};

const NAME: &str = "fabric-operator";

fn container(objects: &[Value]) -> Value {
    let deployment = find(objects, "Deployment", NAME).unwrap();
    deployment["spec"]["template"]["spec"]["containers"][0].clone()
}

fn arguments(objects: &[Value]) -> Vec<String> {
    serde_json::from_value(container(objects)["args"].clone()).unwrap()
}

/// Installations as different as the values allow, each of which has to keep to the rules.
fn installations() -> Vec<Vec<Value>> {
    SETS.iter().copied().map(rendered).collect()
}

fn rules(objects: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    objects
        .iter()
        .flat_map(|o| o["rules"].as_array().into_iter().flatten().map(move |rule| (o, rule)))
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn no_role_has_a_wildcard_and_secrets_are_only_got_or_watched_by_name() {
    let mut secrets = 0;
    for objects in installations() {
        for (role, rule) in rules(&objects) {
            for part in ["apiGroups", "resources", "verbs"] {
                let words = words(&rule[part]);
                assert!(!words.is_empty() && !words.iter().any(|w| w.contains('*')), "{role}");
            }
            if words(&rule["resources"]).contains(&"secrets") {
                // Without names, watch would show every Secret.
                let by_name = !words(&rule["resourceNames"]).is_empty();
                let verbs: &[&str] = if by_name { &["get", "watch"] } else { &["get"] };
                assert_eq!(words(&rule["verbs"]), verbs, "{role}");
                secrets += 1;
            }
        }
    }
    assert_eq!(
        secrets,
        3 * SETS.len(),
        "both rules of the Role of the own namespace, and the ClusterRole to be bound"
    );
}

#[test]
fn the_rights_on_secrets_can_be_those_on_the_named_ones_alone() {
    let of_secrets = |values: &[&str]| {
        let objects = rendered(values);
        let role = find(&objects, "Role", NAME).unwrap();
        let rules = role["rules"].as_array().unwrap().iter();
        rules
            .filter(|rule| words(&rule["resources"]).contains(&"secrets"))
            .map(|rule| {
                let (names, verbs) = (words(&rule["resourceNames"]), words(&rule["verbs"]));
                format!("{} of {}", verbs.join(" "), names.join(" "))
            })
            .collect::<Vec<_>>()
    };
    let names = r#"rbac.accountSecrets=["buyer","seller"]"#;
    let others = "rbac.otherAccountSecrets=false";
    assert_eq!(of_secrets(&[]), ["get of ", "get watch of equinix"]);
    assert_eq!(of_secrets(&[names, others]), ["get watch of buyer seller"]);
    // A rule with an empty list of names would be one without any.
    assert_eq!(of_secrets(&["rbac.accountSecrets=[]"]), ["get of "]);
    assert!(of_secrets(&["rbac.accountSecrets=[]", others]).is_empty());
}

#[test]
fn secrets_are_read_in_the_own_namespace_and_in_those_that_are_listed() {
    for (values, expected) in [
        (&[] as &[&str], BTreeSet::from([NAME])),
        (&[r#"rbac.secretNamespaces=["network","voice"]"#], [NAME, "network", "voice"].into()),
    ] {
        let objects = rendered(values);
        let reads = |role: &str| {
            let mut all = rules(&objects);
            all.any(|(o, rule)| {
                o["metadata"]["name"] == role && words(&rule["resources"]).contains(&"secrets")
            })
        };
        let mut namespaces = BTreeSet::new();
        for binding in &objects {
            let Some(role) = binding["roleRef"]["name"].as_str() else { continue };
            let role_kind = &binding["roleRef"]["kind"];
            match binding["kind"].as_str() {
                // The ClusterRole of the operator's own has the same name as the Role.
                Some("ClusterRoleBinding") => assert_eq!(role, NAME, "{binding}"),
                Some("RoleBinding") if reads(role) => {
                    let own = role_kind == "Role";
                    assert_eq!(role, if own { NAME } else { "fabric-operator-secret-reader" });
                    namespaces.insert(binding["metadata"]["namespace"].as_str().unwrap());
                }
                _ => {}
            }
            assert_eq!(
                binding["subjects"],
                json!([{"kind": "ServiceAccount", "name": NAME, "namespace": NAME}])
            );
        }
        assert_eq!(namespaces, expected, "{values:?}");
        let cluster = find(&objects, "ClusterRole", NAME).unwrap();
        assert!(!cluster.to_string().contains("secrets"), "{cluster}");
    }
}

#[test]
fn in_one_namespace_there_are_no_rights_in_the_others() {
    let objects = rendered(&[r#"watchNamespace="network""#]);
    assert!(arguments(&objects).contains(&"--watch-namespace=network".to_owned()));
    let mut places = BTreeMap::new();
    for (role, rule) in rules(&objects).filter(|(role, _)| is_operators(role)) {
        let place = role["metadata"]["namespace"].as_str().unwrap_or("everywhere");
        let resources = words(&rule["resources"]).into_iter().map(str::to_owned);
        places.entry(place.to_owned()).or_insert_with(BTreeSet::new).extend(resources);
    }
    let set = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect::<BTreeSet<_>>();
    let expected = [
        (
            "everywhere",
            set(&[
                "customresourcedefinitions",
                "fabricaccounts",
                "fabricaccounts/status",
                "namespaces",
            ]),
        ),
        (
            "network",
            set(&[
                "connectionapprovals",
                "connectionapprovals/status",
                "fabricconnections",
                "fabricconnections/status",
                "serviceprofiles",
                "serviceprofiles/status",
                "events",
            ]),
        ),
        ("default", set(&["events"])),
        (NAME, set(&["secrets", "leases"])),
    ];
    assert_eq!(places, expected.map(|(place, what)| (place.to_owned(), what)).into());
    let elsewhere = rendered(&[]);
    assert!(!arguments(&elsewhere).iter().any(|a| a.starts_with("--watch-namespace")));
    assert!(find(&elsewhere, "Role", "fabric-operator-users").is_none());
}

/// Whether a role is the operator's, bound by the chart, and not one for people or to be bound.
fn is_operators(role: &Value) -> bool {
    let name = role["metadata"]["name"].as_str().unwrap();
    !["-viewer", "-editor", "-approver", "-secret-reader"].iter().any(|end| name.ends_with(end))
}

#[test]
fn what_watches_the_operator_comes_when_asked_for() {
    let quiet = rendered(&[]);
    for kind in ["ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap"] {
        assert!(!names(&quiet).iter().any(|name| name.starts_with(kind)), "{kind}");
    }
    let objects = rendered(&[
        "serviceMonitor.enabled=true",
        r#"serviceMonitor.labels={"release":"prometheus"}"#,
        "prometheusRule.enabled=true",
        "dashboard.enabled=true",
    ]);
    let monitor = find(&objects, "ServiceMonitor", NAME).unwrap();
    assert_eq!(monitor["metadata"]["labels"]["release"], "prometheus");
    let service = find(&objects, "Service", NAME).unwrap();
    for (label, value) in monitor["spec"]["selector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(&service["metadata"]["labels"][label], value);
    }
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], service["spec"]["ports"][0]["name"]);
    let rule = find(&objects, "PrometheusRule", NAME).unwrap();
    let values = super::read("charts/fabric-operator/values.yaml");
    let url = values["prometheusRule"]["runbookUrl"].as_str().unwrap();
    let mut alerts = super::read("charts/fabric-operator/files/alerts.yaml");
    for alert in alerts["groups"][0]["rules"].as_array_mut().unwrap() {
        let runbook = &mut alert["annotations"]["runbook_url"];
        let (page, anchor) = runbook.as_str().unwrap().split_once('#').unwrap();
        assert_eq!(page, "docs/operations.md");
        *runbook = json!(format!("{url}#{anchor}"));
    }
    assert_eq!(rule["spec"], alerts);
    let board = find(&objects, "ConfigMap", "fabric-operator-dashboard").unwrap();
    assert_eq!(board["metadata"]["labels"]["grafana_dashboard"], "1");
    let text = board["data"]["fabric-operator.json"].as_str().unwrap();
    let board: Value = serde_json::from_str(text).unwrap();
    assert_eq!(board["title"], "Fabric operator");
}

#[test]
fn editors_and_viewers_get_rights_in_the_clusters_roles_only_if_asked_to() {
    let aggregates = |objects: &[Value]| -> BTreeSet<String> {
        let labels = |o: &Value| {
            let labels = o["metadata"]["labels"].as_object().cloned().unwrap_or_default();
            let name = o["metadata"]["name"].as_str().unwrap().to_owned();
            labels.into_iter().filter_map(move |(label, _)| {
                let to = label.strip_prefix("rbac.authorization.k8s.io/aggregate-to-")?;
                Some(format!("{name} to {to}"))
            })
        };
        objects.iter().flat_map(labels).collect()
    };
    assert_eq!(aggregates(&rendered(&[])), BTreeSet::new());
    assert_eq!(
        aggregates(&rendered(&["rbac.aggregate=true"])),
        [
            "fabric-operator-viewer to view",
            "fabric-operator-viewer to edit",
            "fabric-operator-viewer to admin",
            "fabric-operator-editor to edit",
            "fabric-operator-editor to admin",
        ]
        .map(str::to_owned)
        .into()
    );
}

#[test]
fn definitions_are_those_of_the_repository_and_are_kept() {
    let folder = |path: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "kustomization.yaml").collect()
    };
    let files = folder("crds");
    assert_eq!(folder("charts/fabric-operator/files/crds"), files);

    let objects = rendered(&[]);
    for file in &files {
        let mut expected = super::read(&format!("crds/{file}"));
        let name = expected["metadata"]["name"].as_str().unwrap().to_owned();
        let found = find(&objects, "CustomResourceDefinition", &name).unwrap();
        let metadata = &found["metadata"];
        let mut annotations = expected["metadata"]["annotations"].clone();
        assert_eq!(annotations, json!({VERSION_ANNOTATION: env!("CARGO_PKG_VERSION")}));
        annotations["helm.sh/resource-policy"] = json!("keep");
        assert_eq!(metadata["annotations"], annotations);
        expected["metadata"] = metadata.clone();
        assert!(found == &expected, "{name} is not as in crds: run `make gen`");
    }
    let none = rendered(&["crds.install=false"]);
    assert!(!names(&none).iter().any(|name| name.starts_with("CustomResource")));
}

#[test]
fn an_account_comes_only_when_asked_for_and_is_kept() {
    assert!(!names(&rendered(&[])).iter().any(|name| name.starts_with("FabricAccount")));
    let objects = rendered(&[
        "account.create=true",
        r#"account.name="west""#,
        r#"account.spec={"dialect":"EcxV3","credentials":{"grant":"Password"}}"#,
    ]);
    let account = find(&objects, "FabricAccount", "west").unwrap();
    let secret = json!({"name": "equinix"});
    assert_eq!(
        account["spec"],
        json!({"dialect": "EcxV3", "credentials": {"grant": "Password", "secretRef": secret}})
    );
    assert_eq!(account["metadata"]["annotations"], json!({"helm.sh/resource-policy": "keep"}));
}

#[test]
fn one_of_two_may_be_drained_and_they_lie_apart() {
    let objects = rendered(&[]);
    let deployment = &find(&objects, "Deployment", NAME).unwrap()["spec"];
    assert_eq!(deployment["replicas"], 2);
    let budget = &find(&objects, "PodDisruptionBudget", NAME).unwrap()["spec"];
    assert_eq!(budget["maxUnavailable"], 1);
    let selector = &deployment["selector"];
    assert_eq!(&budget["selector"], selector);
    let pod = &deployment["template"];
    for (label, value) in selector["matchLabels"].as_object().unwrap() {
        assert_eq!(&pod["metadata"]["labels"][label], value);
    }
    let spread = pod["spec"]["topologySpreadConstraints"].as_array().unwrap();
    let keys: Vec<&Value> = spread.iter().map(|s| &s["topologyKey"]).collect();
    assert_eq!(keys, ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
    assert!(spread.iter().all(|s| &s["labelSelector"] == selector));
    let service = &find(&objects, "Service", NAME).unwrap()["spec"];
    assert_eq!(service["selector"], selector["matchLabels"]);
    let policy = &find(&objects, "NetworkPolicy", NAME).unwrap()["spec"];
    assert_eq!(&policy["podSelector"], selector);

    let alone = rendered(&["podDisruptionBudget.enabled=false", "topologySpread=[]"]);
    assert!(find(&alone, "PodDisruptionBudget", NAME).is_none());
    let pod = &find(&alone, "Deployment", NAME).unwrap()["spec"]["template"];
    assert!(pod["spec"].get("topologySpreadConstraints").is_none());
}

#[test]
fn the_network_is_cut_down_to_what_is_needed() {
    let policy = |values: &[&str]| {
        find(&rendered(values), "NetworkPolicy", NAME).map(|policy| policy["spec"].clone())
    };
    let tcp = |port: u16| json!({"port": port, "protocol": "TCP"});
    let spec = policy(&[]).unwrap();
    assert_eq!(spec["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(spec["ingress"], json!([{"ports": [{"port": "http"}]}]));
    let dns = json!({"matchExpressions": [{
        "key": "kubernetes.io/metadata.name", "operator": "In", "values": ["kube-system", "openshift-dns"],
    }]});
    let udp = |port: u16| json!({"port": port, "protocol": "UDP"});
    let all_but_link_local = json!([
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
        {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10", "fd00:ec2::254/128"]}},
    ]);
    assert_eq!(
        spec["egress"],
        json!([
            {
                "ports": [udp(53), tcp(53), udp(5353), tcp(5353)],
                "to": [{"namespaceSelector": dns}, {"ipBlock": {"cidr": "169.254.20.10/32"}}],
            },
            {"ports": [tcp(443), tcp(6443)], "to": all_but_link_local},
            {"ports": [tcp(443)], "to": all_but_link_local},
        ])
    );

    let narrow = policy(&[
        r#"networkPolicy.apiServer={"to":[{"ipBlock":{"cidr":"10.0.0.1/32"}}],"ports":[6443]}"#,
        r#"networkPolicy.provider={"to":[{"podSelector":{}}],"ports":[3128]}"#,
        r#"networkPolicy.metrics.from=[{"namespaceSelector":{}}]"#,
        r#"networkPolicy.egress=[{"ports":[{"port":4318}]}]"#,
    ])
    .unwrap();
    assert_eq!(narrow["ingress"][0]["from"], json!([{"namespaceSelector": {}}]));
    assert_eq!(
        narrow["egress"][1],
        json!({"ports": [tcp(6443)], "to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]})
    );
    assert_eq!(narrow["egress"][2], json!({"ports": [tcp(3128)], "to": [{"podSelector": {}}]}));
    assert_eq!(narrow["egress"][3], json!({"ports": [{"port": 4318}]}));
    assert_eq!(policy(&["networkPolicy.enabled=false"]), None);
}

#[test]
fn values_reach_the_program() {
    let objects = rendered(&[
        "replicas=3",
        "concurrency=4",
        r#"deletionProtection.namespaces=["network", "prod"]"#,
        r#"log={"filter":"fabric_operator=debug","format":"text"}"#,
        r#"allowedEndpoints=["https://api.equinix.com","https://proxy.example.com:8443"]"#,
        r#"extraArgs=["--lease-duration=30s"]"#,
        r#"extraEnv=[{"name":"HTTPS_PROXY","value":"http://proxy.example.com:3128"}]"#,
        r#"extraVolumes=[{"name":"ca","configMap":{"name":"ca"}}]"#,
        r#"extraVolumeMounts=[{"name":"ca","mountPath":"/etc/ssl/certs","readOnly":true}]"#,
        r#"image={"repository":"registry.example.com/fabric-operator","tag":"1.2.3"}"#,
        r#"imagePullSecrets=[{"name":"pull"}]"#,
        r#"podLabels={"team":"net"}"#,
        r#"podAnnotations={"note":"1"}"#,
        r#"priorityClassName="high""#,
        r#"nodeSelector={"kubernetes.io/os":"linux"}"#,
        r#"tolerations=[{"operator":"Exists"}]"#,
        r#"affinity={"nodeAffinity":{}}"#,
        r#"serviceAccount.annotations={"example.com/role":"fabric"}"#,
        r#"resources={"limits":{"memory":"1Gi"}}"#,
    ]);
    let arguments = arguments(&objects);
    assert_eq!(arguments[0], "run");
    for argument in [
        "--deletion-protection-in=network,prod",
        "--concurrency=4",
        "--log=fabric_operator=debug",
        "--log-format=text",
        "--allowed-endpoint=https://api.equinix.com,https://proxy.example.com:8443",
        "--lease-duration=30s",
        "--lease-name=fabric-operator",
    ] {
        assert!(arguments.iter().any(|a| a == argument), "no {argument} in {arguments:?}");
    }
    let operator = container(&objects);
    assert_eq!(operator["image"], "registry.example.com/fabric-operator:1.2.3");
    assert_eq!(operator["resources"]["limits"]["memory"], "1Gi");
    assert_eq!(operator["volumeMounts"][0]["mountPath"], "/etc/ssl/certs");
    let variables: Vec<&Value> =
        operator["env"].as_array().unwrap().iter().map(|v| &v["name"]).collect();
    assert_eq!(variables, ["POD_NAMESPACE", "FABRIC_OPERATOR_HTTP_ADDRESS", "HTTPS_PROXY"]);
    let deployment = &find(&objects, "Deployment", NAME).unwrap()["spec"];
    assert_eq!(deployment["replicas"], 3);
    let template = &deployment["template"];
    assert_eq!(template["metadata"]["labels"]["team"], "net");
    assert_eq!(template["metadata"]["annotations"], json!({"note": "1"}));
    let pod = &template["spec"];
    assert_eq!(pod["volumes"], json!([{"name": "ca", "configMap": {"name": "ca"}}]));
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "pull"}]));
    assert_eq!(pod["priorityClassName"], "high");
    assert_eq!(pod["nodeSelector"], json!({"kubernetes.io/os": "linux"}));
    assert_eq!(pod["tolerations"], json!([{"operator": "Exists"}]));
    assert_eq!(pod["affinity"], json!({"nodeAffinity": {}}));
    let account = find(&objects, "ServiceAccount", NAME).unwrap();
    assert_eq!(account["metadata"]["annotations"], json!({"example.com/role": "fabric"}));

    let digest = format!("sha256:{}", "0".repeat(64));
    let pinned = rendered(&[&format!(r#"image.digest="{digest}""#)]);
    assert_eq!(container(&pinned)["image"], format!("fabric-operator@{digest}"));
}

#[test]
fn the_base_lists_all_that_the_chart_renders() {
    let base = super::read("deploy/base/kustomization.yaml");
    // The definitions are not among them: who removes the operator by it must not remove those.
    let listed: BTreeSet<&str> = words(&base["resources"]).into_iter().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/base");
    let files = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|file| file != "kustomization.yaml").collect();
    assert_eq!(listed, files.iter().map(String::as_str).collect());
}
