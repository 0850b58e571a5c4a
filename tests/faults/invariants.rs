//! The invariants I1 to I8, which hold at the end of every run, whatever faults it had.
//!
//! Each finds its violations in the ledger, the cluster and the network's record; none may know
//! which case was run.

use std::{collections::HashSet, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use fabric_simulator::LineView;

use crate::{
    logs,
    net::{Sent, What},
    run::Run,
};

/// Calls that a life may cost, and calls a minute while something moves: a listing every five
/// seconds, of a page or two, and repeats while the provider fails.
const A_LIFE: usize = 120;
const A_MINUTE: usize = 36;

impl Run {
    /// All that is wrong at the end, with what was logged until then.
    pub fn verdict(&self, log: &str) -> Vec<String> {
        let mut wrong = vec![];
        self.one_order(&mut wrong);
        self.no_leak(&mut wrong);
        self.true_status(&mut wrong);
        self.only_own(&mut wrong);
        self.no_secret(log, &mut wrong);
        self.bounded(&mut wrong);
        wrong
    }

    /// I1: at most one order for each line of each resource.
    fn one_order(&self, wrong: &mut Vec<String>) {
        let orders = self.cluster.world.ledger().orders;
        let mut places = HashSet::new();
        for order in orders.iter().filter(|order| !self.foreign.contains(&order.uuid)) {
            let place = (order.port.clone(), order.vlan, order.c_tag);
            if !places.insert(place.clone()) {
                continue;
            }
            let here = |o: &&_| place_of(o) == place && !self.foreign.contains(&o.uuid);
            let (count, asked) = (orders.iter().filter(here).count(), self.askers(&place));
            if count > asked {
                wrong.push(format!("I1: {count} orders on {place:?}, and {asked} resources"));
            }
        }
    }

    /// How many resources have ever asked for a line on this port and tags.
    fn askers(&self, place: &(String, u16, Option<u16>)) -> usize {
        self.asked.iter().filter(|asked| places(&asked.spec).contains(place)).count()
    }

    /// I2: no line without a resource that knows it.
    fn no_leak(&self, wrong: &mut Vec<String>) {
        if self.may_leak {
            return;
        }
        let known = self.known();
        for line in self.cluster.world.lines() {
            let up = line.equinix_status != "DEPROVISIONED" && line.cancelled.is_none();
            if up && !known.contains(&line.uuid) && !self.foreign.contains(&line.uuid) {
                wrong.push(format!("I2: no resource knows line {} {}", line.uuid, line.name));
            }
        }
    }

    fn known(&self) -> HashSet<String> {
        let mut known = HashSet::new();
        for object in self.cluster.apiserver.all("fabricconnections") {
            for part in ["primary", "secondary"] {
                known.extend(object["status"][part]["uuid"].as_str().map(str::to_owned));
            }
        }
        known
    }

    /// I3: the status of a connection is what the provider holds.
    fn true_status(&self, wrong: &mut Vec<String>) {
        let lines = self.cluster.world.lines();
        for object in self.cluster.apiserver.all("fabricconnections") {
            for part in ["primary", "secondary"] {
                let shown = &object["status"][part];
                let Some(uuid) = shown["uuid"].as_str() else { continue };
                match lines.iter().find(|line| line.uuid == uuid) {
                    Some(line) => differs(&object["metadata"]["name"], shown, line, wrong),
                    None => wrong.push(format!("I3: there is no line {uuid}")),
                }
            }
        }
    }

    /// I4: nothing is cancelled but what a deleted resource has ordered.
    fn only_own(&self, wrong: &mut Vec<String>) {
        let lines = self.cluster.world.lines();
        let cancels = self.net.sent().into_iter().filter(|sent| sent.what == What::Cancel);
        let uuids: HashSet<String> =
            cancels.filter_map(|sent| sent.path.rsplit('/').next().map(str::to_owned)).collect();
        for uuid in uuids {
            let line = lines.iter().find(|line| line.uuid == uuid);
            let place = line.map(|line| (line.port.clone(), line.vlan, line.c_tag));
            let is_moved = self.moved.contains(&uuid);
            let own = place.is_some_and(|place| {
                let mut deleted = self.asked.iter().filter(|asked| asked.deleted);
                deleted.any(|asked| is_moved || places(&asked.spec).contains(&place))
            });
            if !own || self.foreign.contains(&uuid) {
                wrong.push(format!("I4: {uuid} was cancelled, and its resource was not deleted"));
            }
        }
    }

    /// I5: no secret in objects, in what was sent to the cluster, in the log, or in metrics.
    fn no_secret(&self, log: &str, wrong: &mut Vec<String>) {
        if let Some(secret) = self.net.leaked() {
            wrong.push(format!("I5: {secret} was written to the cluster"));
        }
        if let Some(secret) = logs::leak(log) {
            wrong.push(format!("I5: {secret} is in the log"));
        }
        let metrics = self.metrics.lock().unwrap();
        if let Some(secret) = metrics.iter().find_map(|metrics| logs::leak(&metrics.scrape())) {
            wrong.push(format!("I5: {secret} is in a metric"));
        }
    }

    /// I8: a bounded number of calls.
    fn bounded(&self, wrong: &mut Vec<String>) {
        if self.net.hot() {
            wrong.push("I8: thousands of calls at one instant".to_owned());
        }
        let minutes = usize::try_from(self.began.elapsed().as_secs() / 60).unwrap();
        let each = self.asked.len().max(1) * A_LIFE + minutes * A_MINUTE;
        let (calls, most) = (self.calls(), each * self.replicas() + self.allowance);
        if calls > most {
            wrong.push(format!("I8: {calls} calls in {minutes} min, and {most} were to be enough"));
        }
    }

    /// How many calls have reached for the provider.
    pub fn calls(&self) -> usize {
        self.net.count(|sent| sent.what.at_provider())
    }

    /// I7, and I3 before it: nothing is written any more, however often the operators look.
    pub async fn quiet(&self) {
        let settling = Instant::now();
        let mut last = self.writes();
        loop {
            sleep(Duration::from_secs(180)).await;
            let now = self.writes();
            if now == last {
                break;
            }
            last = now;
            assert!(settling.elapsed() < Duration::from_secs(7200), "I7: it never settles");
        }
        let mut wrong = vec![];
        self.true_status(&mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        let objects = self.cluster.apiserver.all("fabricconnections");
        for pass in 0..3 {
            for object in &objects {
                let name = object["metadata"]["name"].as_str().unwrap();
                let touch = json!({"metadata": {"annotations": {"pass": pass.to_string()}}});
                self.patch(name, touch).await;
            }
            sleep(Duration::from_secs(20)).await;
        }
        let written: Vec<Sent> =
            self.net.sent().into_iter().filter(|s| s.what.writes()).skip(last).collect();
        assert!(written.is_empty(), "I7: written in a settled world: {written:?}");
    }

    fn writes(&self) -> usize {
        self.net.count(|sent| sent.what.writes())
    }
}

fn place_of(order: &fabric_simulator::Ordered) -> (String, u16, Option<u16>) {
    (order.port.clone(), order.vlan, order.c_tag)
}

/// The ports and tags that a spec asks for.
pub fn places(spec: &Value) -> Vec<(String, u16, Option<u16>)> {
    let number = |value: &Value| value.as_u64().and_then(|n| u16::try_from(n).ok());
    let sides = [&spec["aSide"], &spec["secondary"]["aSide"]];
    let place = |side: &Value| {
        let link = &side["linkProtocol"];
        let s_tag = number(&link["vlanTag"]).or_else(|| number(&link["vlanSTag"]))?;
        Some((side["port"]["uuid"].as_str()?.to_owned(), s_tag, number(&link["vlanCTag"])))
    };
    sides.into_iter().filter_map(place).collect()
}

fn differs(name: &Value, shown: &Value, line: &LineView, wrong: &mut Vec<String>) {
    for (field, is) in [
        ("name", json!(line.name)),
        ("bandwidthMbps", json!(line.bandwidth)),
        ("equinixStatus", json!(line.equinix_status)),
        ("providerStatus", json!(line.provider_status)),
    ] {
        if shown[field] != is {
            wrong.push(format!("I3: {name} shows {field} {} and it is {is}", shown[field]));
        }
    }
}
