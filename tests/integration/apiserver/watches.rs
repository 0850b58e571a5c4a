//! Lists and watches: which events a client gets, late, repeated or not at all.

use super::*;

#[tokio::test]
async fn lists_select_by_namespace_label_and_name() {
    let server = Apiserver::default();
    for (namespace, name, tier) in
        [("lab", "a", "gold"), ("lab", "b", "tin"), ("prod", "a", "gold")]
    {
        server.put(json!({
            "apiVersion": "fabric.equinix.com/v1alpha1",
            "kind": "Probe",
            "metadata": { "namespace": namespace, "name": name, "labels": { "x/tier": tier } },
            "spec": { "metro": "AM" },
        }));
    }
    let all: Api<Probe> = Api::all(server.client());
    let count = async |api: &Api<Probe>, params: ListParams| {
        api.list(&params).await.map(|list| list.items.len())
    };
    assert_eq!(count(&all, ListParams::default()).await.unwrap(), 3);
    assert_eq!(count(&probes(&server), ListParams::default()).await.unwrap(), 2);
    assert_eq!(count(&all, ListParams::default().labels("x/tier=gold")).await.unwrap(), 2);
    assert_eq!(count(&all, ListParams::default().labels("x/tier!=gold")).await.unwrap(), 1);
    assert_eq!(count(&all, ListParams::default().labels("!x/tier")).await.unwrap(), 0);
    assert_eq!(count(&all, ListParams::default().fields("metadata.name=a")).await.unwrap(), 2);
    let unknown = count(&all, ListParams::default().fields("spec.metro=AM")).await;
    assert_eq!(refusal(unknown), code(400, "BadRequest"));

    let partial: Api<PartialObjectMeta<Probe>> = Api::all(server.client());
    assert_eq!(partial.list(&ListParams::default()).await.unwrap().items[2].name_any(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_watch_delivers_what_has_happened_since_its_version() {
    let server = Apiserver::default();
    let api = probes(&server);
    let start = server.resource_version().max(1).to_string();
    api.create(&PostParams::default(), &probe("first")).await.unwrap();
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    apply(&server, "one", &json!({ "spec": { "speed": 5 } })).await.unwrap();
    api.delete("p", &DeleteParams::default()).await.unwrap();

    let params = kube::api::WatchParams::default().timeout(60);
    let started = Instant::now();
    let events: Vec<_> = api.watch(&params, &start).await.unwrap().try_collect().await.unwrap();
    let delivered: Vec<_> = events
        .iter()
        .map(|event| match event {
            WatchEvent::Added(_) => "added",
            WatchEvent::Modified(_) => "modified",
            WatchEvent::Deleted(_) => "deleted",
            WatchEvent::Bookmark(_) => "bookmark",
            WatchEvent::Error(_) => "error",
        })
        .collect();
    assert_eq!(delivered, ["added", "modified", "deleted", "bookmark"]);
    assert_eq!(started.elapsed(), Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_watcher_recovers_from_compaction_by_listing_again() {
    let server = Apiserver::default();
    let api = probes(&server);
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let stream = watcher(api.clone(), watcher::Config::default()).default_backoff();
    let mut stream = pin!(stream.filter_map(async |event| event.ok()));
    for expected in ["Init", "InitApply", "InitDone"] {
        assert!(format!("{:?}", stream.next().await.unwrap()).starts_with(expected));
    }

    // While it is away, its object goes and the history with it.
    server.freeze_watch();
    api.delete("p", &DeleteParams::default()).await.unwrap();
    api.create(&PostParams::default(), &probe("q")).await.unwrap();
    server.close_watches();
    server.compact();
    server.thaw_watch();

    let mut names = Vec::new();
    loop {
        match stream.next().await.unwrap() {
            watcher::Event::Init => {}
            watcher::Event::InitApply(object) => names.push(object.name_any()),
            watcher::Event::InitDone => break,
            other => panic!("not a new list: {other:?}"),
        }
    }
    assert_eq!(names, ["q"]);
    let lists = server.requests().iter().filter(|request| request.verb == "list").count();
    assert_eq!(lists, 2);
}

#[tokio::test(start_paused = true)]
async fn a_watcher_resumes_after_its_watch_has_ended() {
    let server = Apiserver::default();
    let api = probes(&server);
    let stream = watcher(api.clone(), watcher::Config::default()).default_backoff();
    let mut stream = pin!(stream.filter_map(async |event| event.ok()));
    for expected in ["Init", "InitDone"] {
        assert!(format!("{:?}", stream.next().await.unwrap()).starts_with(expected));
    }
    // A quiet hour, in which the watch runs out again and again; then all is dropped at once.
    assert!(timeout(Duration::from_hours(1), stream.next()).await.is_err());
    server.close_watches();
    server.compact();
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let next = stream.next().await.unwrap();
    assert!(matches!(next, watcher::Event::Apply(object) if object.name_any() == "p"));
    assert_eq!(server.requests().iter().filter(|request| request.verb == "list").count(), 1);
    assert!(server.requests().iter().filter(|request| request.verb == "watch").count() > 10);
}

#[tokio::test(start_paused = true)]
async fn streaming_lists_end_with_a_bookmark() {
    let server = Apiserver::default();
    probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    let config = watcher::Config::default().streaming_lists();
    let stream = watcher(probes(&server), config);
    let events: Vec<_> =
        stream.take(3).map_ok(|event| format!("{event:?}")).try_collect().await.unwrap();
    assert!(events[2].starts_with("InitDone"), "{events:?}");
    assert_eq!(server.requests().iter().filter(|request| request.verb == "list").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_watch_is_late_and_complete() {
    let server = Apiserver::default();
    let api = probes(&server);
    let version = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let params = kube::api::WatchParams::default();
    let mut events = pin!(api.watch(&params, &version.resource_version().unwrap()).await.unwrap());
    server.freeze_watch();
    apply(&server, "one", &json!({ "spec": { "speed": 5 } })).await.unwrap();
    api.delete("p", &DeleteParams::default()).await.unwrap();
    assert!(timeout(Duration::from_secs(100), events.next()).await.is_err());
    server.thaw_watch();
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Modified(_)));
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Deleted(_)));
}

#[tokio::test(start_paused = true)]
async fn an_object_leaves_a_selection_as_deleted() {
    let server = Apiserver::default();
    let api = probes(&server);
    let created = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let params = kube::api::WatchParams::default().labels("tier=gold");
    let mut events = pin!(api.watch(&params, &created.resource_version().unwrap()).await.unwrap());
    apply(&server, "one", &json!({ "metadata": { "labels": { "tier": "gold" } } })).await.unwrap();
    apply(&server, "one", &json!({})).await.unwrap();
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Added(_)));
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Deleted(_)));
}
