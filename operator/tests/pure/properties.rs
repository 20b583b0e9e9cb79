//! What holds for any spec that the schema lets pass: thousands of them, made up.

mod specs;

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;
use todochat_operator::{
    kinds::Kind,
    testing::{Case, Progress},
    validated::{DatabaseRuns, Runs, Schema, Validated},
};

use crate::children::{self, Sent, name};

/// A failing case is printed whole: nothing needs to be kept in a file.
fn config() -> Config {
    Config { failure_persistence: None, ..Config::with_cases(400) }
}

fn validated(case: &Case) -> Validated {
    case.validated().unwrap_or_else(|refusals| panic!("{refusals:#?}"))
}

fn bytes(validated: &Validated) -> String {
    let sent = children::sent(validated);
    let objects: Vec<&Value> = sent.objects.iter().map(|(_, object)| object).collect();
    format!(
        "{:?}{:?}{}",
        sent.children.secrets,
        sent.children.held,
        serde_json::to_string(&objects).unwrap()
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_rule_holds_for_every_spec(case in specs::case()) {
        children::check(&validated(&case));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(case in specs::case()) {
        let (once, again) = (validated(&case), validated(&case.clone()));
        prop_assert_eq!(bytes(&once), bytes(&again));
        prop_assert_eq!(bytes(&once), bytes(&once));
    }

    #[test]
    fn what_mounts_a_secret_waits_until_it_is_there(mut case in specs::case()) {
        case.world = Progress::Fresh;
        let validated = validated(&case);
        let sent = children::sent(&validated);
        for workload in sent.workloads() {
            let volumes = &workload.template["spec"]["volumes"];
            let own = sent.children.secrets.iter().filter_map(|plan| plan.metadata.name.as_deref());
            for secret in own {
                prop_assert!(!volumes.to_string().contains(&format!("\"{secret}\"")), "{}", workload.name);
            }
        }
    }

    #[test]
    fn to_scale_replaces_no_pod(mut case in specs::case(), replicas in 2..6) {
        let before = validated(&case);
        case.object.spec.chat.replicas = replicas;
        case.object.spec.chat.autoscaling = None;
        let scaled = case.object.spec.tool_servers.iter_mut().filter(|tool| tool.replicas.is_some());
        scaled.for_each(|tool| tool.replicas = Some(replicas));
        let after = validated(&case);
        let [before, after] = [children::sent(&before), children::sent(&after)];
        let [before, after] = [&before, &after].map(|sent| {
            let templates = sent.of(Kind::Deployment).map(|it| it["spec"]["template"].clone());
            templates.collect::<Vec<_>>()
        });
        prop_assert_eq!(before, after);
    }

    #[test]
    fn nothing_meets_the_wrong_schema(mut case in specs::case()) {
        case.world = Progress::Migrating;
        let validated = validated(&case);
        let sent = children::sent(&validated);
        let waits = validated.stage.schema != Schema::Current && !validated.suspended;
        let stores = |deployment: &&Value| deployment.to_string().contains("--database-url-file=");
        prop_assert_eq!(sent.of(Kind::Deployment).filter(stores).count() == 0, waits);
        prop_assert_eq!(is_held(&sent, Kind::Deployment, "chat"), waits);
    }

    #[test]
    fn what_is_wanted_of_the_world_does_not_depend_on_how_far_it_is(mut case in specs::case()) {
        case.world = Progress::Fresh;
        let fresh = validated(&case);
        case.world = Progress::Ready;
        let ready = validated(&case);
        let (fresh, ready) = (children::sent(&fresh), children::sent(&ready));
        // Held or built, an object that the last stage has is known from the first: nothing of it is pruned on the way.
        for id in ready.children.ids() {
            prop_assert!(fresh.children.ids().contains(&id) || fresh.children.held.contains(&id), "{:?}", id);
        }
    }
}

/// Made-up specs would prove little if they were all alike.
#[test]
fn the_specs_are_of_every_sort() {
    let mut runner = TestRunner::deterministic();
    let mut kinds = BTreeSet::new();
    let mut sorts = BTreeSet::new();
    for _ in 0..300 {
        let validated = validated(&specs::case().new_tree(&mut runner).unwrap().current());
        kinds.extend(children::sent(&validated).objects.iter().map(|(kind, _)| *kind));
        sorts.insert(match &validated.database.runs {
            DatabaseRuns::Embedded(_) => "Embedded",
            DatabaseRuns::Cnpg { .. } => "CNPG",
            DatabaseRuns::External(_) => "External",
        });
        sorts.extend(validated.tool_servers.iter().map(|tool| match &tool.runs {
            Runs::Todo(_) => "Todo",
            Runs::Image { .. } => "Image",
            Runs::Stdio { .. } => "Stdio",
            Runs::Remote { .. } => "Remote",
        }));
    }
    // Secrets are recipes, and pods are others' to make.
    let made = Kind::all().filter(|kind| !matches!(kind, Kind::Secret | Kind::Pod));
    assert_eq!(kinds, made.collect());
    assert_eq!(sorts.len(), 7, "{sorts:?}");
}

fn is_held(sent: &Sent<'_>, kind: Kind, suffix: &str) -> bool {
    let wanted = format!("{}-{suffix}", sent.owner());
    let built = sent.of(kind).any(|object| name(object) == wanted);
    let held = sent.children.held.iter().any(|id| id.kind == kind && *id.name == *wanted);
    assert!(built != held, "{wanted} is built or held");
    held
}
