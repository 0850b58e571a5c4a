//! The faults that a test can inject into the server, and its request log.

use super::*;

#[tokio::test]
async fn a_request_whose_reply_is_lost_is_applied() {
    let server = Apiserver::default();
    let api = probes(&server);
    server.lose_reply(0, Loss::Reset);
    server.lose_reply(2, Loss::Internal);
    let reset = api.create(&PostParams::default(), &probe("a")).await;
    assert!(matches!(reset, Err(Error::Service(_))), "{reset:?}");
    api.create(&PostParams::default(), &probe("b")).await.unwrap();
    let internal = api.create(&PostParams::default(), &probe("c")).await;
    assert_eq!(refusal(internal), code(500, "InternalError"));
    assert_eq!(server.all("probes").len(), 3);
    let lost: Vec<_> = server.requests().iter().map(|request| request.lost).collect();
    assert_eq!(lost, [true, false, true]);
}

#[tokio::test]
async fn a_refused_request_is_not_applied() {
    let server = Apiserver::default();
    let api = probes(&server);
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    server.fail_next(|r| r.is_for("probes", "status"), 2, StatusCode::FORBIDDEN, "Forbidden");
    let status = json!({ "status": { "phase": "Up" } });
    for _ in 0..2 {
        assert_eq!(refusal(apply_status(&server, "one", &status).await), code(403, "Forbidden"));
        assert_eq!(stored(&server, "p")["status"], Value::Null);
    }
    apply_status(&server, "one", &status).await.unwrap();
    assert_eq!(stored(&server, "p")["status"]["phase"], "Up");
    assert_eq!(server.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_request_takes_its_time_and_lets_others_pass() {
    let server = Apiserver::default();
    let api = probes(&server);
    server.stall(|request| request.verb == "create", Duration::from_secs(30));
    let started = Instant::now();
    let post = PostParams::default();
    let object = probe("p");
    let (created, (listed, after)) = tokio::join!(api.create(&post, &object), async {
        (api.list(&ListParams::default()).await, started.elapsed())
    });
    created.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(30));
    assert_eq!((listed.unwrap().items.len(), after), (0, Duration::ZERO));
    server.heal();
    server.clear_requests();
    api.create(&post, &probe("q")).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    assert_eq!(started.elapsed(), Duration::from_secs(30));
}

#[tokio::test]
async fn the_log_shows_who_asked_for_what() {
    let server = Apiserver::default();
    let client: Client = server.client_as("operator");
    let api: Api<Probe> = Api::namespaced(client.clone(), NAMESPACE);
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let status = config("p", &json!({ "status": { "phase": "Up" } }));
    api.patch_status("p", &PatchParams::apply("one"), &status).await.unwrap();
    Api::<ConfigMap>::all(client).list(&ListParams::default()).await.unwrap();

    let seen: Vec<_> = server
        .requests()
        .into_iter()
        .map(|r| {
            [
                r.user,
                r.verb.to_owned(),
                r.group,
                r.resource,
                r.subresource,
                r.namespace,
                r.name,
                r.field_manager,
            ]
            .join(" ")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "operator create fabric.equinix.com probes  lab  unknown",
            "operator patch fabric.equinix.com probes status lab p one",
            "operator list  configmaps    unknown",
        ]
    );
}

#[tokio::test]
async fn events_are_recorded_and_counted() {
    let server = Apiserver::default();
    let object = probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    let recorder = Recorder::new(server.client(), "tests".into());
    let event = events::Event {
        type_: events::EventType::Normal,
        reason: "Ordered".to_owned(),
        note: Some("ordered".to_owned()),
        action: "Order".to_owned(),
        secondary: None,
    };
    let reference: ObjectReference = object.object_ref(&());
    recorder.publish(&event, &reference).await.unwrap();
    recorder.publish(&event, &reference).await.unwrap();
    let events = server.all("events");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["series"]["count"], 2);
}

#[tokio::test]
async fn seeded_objects_are_found_and_versioned() {
    let server = Apiserver::default();
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "lab" } });
    server.put(namespace);
    assert!(server.get("namespaces", "", "lab").is_some());
    let mut object = serde_json::to_value(probe("p")).unwrap();
    object["metadata"]["namespace"] = json!(NAMESPACE);
    object["status"] = json!({ "phase": "Up" });
    let first = server.put(object.clone());
    object["spec"]["metro"] = json!("FR");
    let second = server.put(object);
    assert_eq!(first["metadata"]["uid"], second["metadata"]["uid"]);
    assert_eq!(second["metadata"]["generation"], 2);
    assert_eq!(probes(&server).get("p").await.unwrap().status.unwrap().phase.unwrap(), "Up");
    assert_eq!(server.writes(), 0);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let server = Apiserver::default();
    let api = probes(&server);
    let dry = PostParams { dry_run: true, ..Default::default() };
    assert!(api.create(&dry, &probe("p")).await.unwrap().uid().is_some());
    assert_eq!(server.all("probes"), Vec::<Value>::new());
}
