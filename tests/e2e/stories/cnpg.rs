//! The database is a cluster of CloudNativePG's: its own operator runs beside ours, and neither is in the other's way.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{
    ByteString,
    api::core::v1::{Pod, Secret},
};
use kube::api::DynamicObject;
use serde_json::json;
use todochat_operator::kinds::Kind;
use tokio::time::sleep;

use crate::{
    person::Person,
    place::{Place, within},
};

/// The pod that takes writes.
async fn primary(place: &Place, cluster: &str) -> String {
    let cluster = place.kind(Kind::CnpgCluster).get(cluster).await.unwrap();
    cluster.data["status"]["currentPrimary"].as_str().unwrap().to_owned()
}

/// Kills a pod, and waits until there is another one of its name.
async fn kill(place: &Place, name: &str) {
    let pod = place.namespace.api::<Pod>().get(name).await.unwrap();
    place.kill(&pod).await;
    let is_another = |seen: Option<&DynamicObject>| {
        seen.is_some_and(|seen| seen.metadata.uid != pod.metadata.uid)
    };
    place.see((Kind::Pod, name), "another one", is_another).await;
}

/// What its superuser sees, as soon as the server answers: one that was killed is started and stopped a few times.
async fn sql(place: &Place, pod: &str, sql: &str) -> String {
    let psql = format!(
        "kubectl --namespace {} exec {pod} --container=postgres -- psql --username=postgres -qAtc \"{sql}\"",
        place.namespace.name
    );
    let patient = format!("until said=$({psql} 2>&1); do sleep 1; done; echo \"$said\"");
    place.shell(&patient).await.trim_end().to_owned()
}

async fn until_it_writes(ada: &Person, title: &str) {
    let writes = async {
        while ada.try_to_say(&format!("add a task called \"{title}\"")).await.is_err() {
            sleep(Duration::from_secs(1)).await; // people try again
        }
    };
    within("a write", writes).await;
}

/// Until then a failover would lose what no copy has.
async fn until_all_is_copied(place: &Place, primary: &str) {
    let copies = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()";
    let caught_up = async {
        while sql(place, primary, copies).await != "1" {
            sleep(Duration::from_millis(200)).await; // the server has nothing to wait on
        }
    };
    within("the copy", caught_up).await;
}

#[tokio::test]
async fn a_cluster_that_the_operator_makes_survives_its_primary() {
    let place = Place::fresh().await;
    let two = json!({ "database": { "mode": "CNPG", "cnpg": { "create": { "instances": 2 } } } });
    place.apply_open("team", &two).await;
    place.says("team", "DatabaseReady", "ClusterNotReady").await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    ada.say("add a task called \"before\"").await;
    let first = primary(&place, "team-db").await;
    until_all_is_copied(&place, &first).await;

    kill(&place, &first).await;
    until_it_writes(&ada, "after").await;
    let tasks = ada.tasks().await;
    assert!(tasks.iter().any(|(title, _)| title == "before"), "{tasks:?}");
    place
        .see((Kind::CnpgCluster, "team-db"), "whole again", |cluster| {
            cluster.is_some_and(|cluster| cluster.data["status"]["readyInstances"] == 2)
        })
        .await;
    place.ready("team").await;

    // What the spec says of it is still ours, and all else CloudNativePG's.
    place.edit("team", &json!({ "database": { "cnpg": { "create": { "instances": 1 } } } })).await;
    place
        .see((Kind::CnpgCluster, "team-db"), "of one instance", |cluster| {
            cluster.is_some_and(|cluster| {
                cluster.data["spec"]["instances"] == 1 && cluster.data["status"]["instances"] == 1
            })
        })
        .await;
    place.ready("team").await;
}

/// Which Secret of the named cluster's own login it is, and what is in it.
async fn login(place: &Place) -> (Option<String>, Option<BTreeMap<String, ByteString>>) {
    let secret = place.namespace.api::<Secret>().get("shared-app").await.unwrap();
    (secret.metadata.uid, secret.data)
}

#[tokio::test]
async fn a_cluster_that_is_named_is_used_with_its_own_login_and_left_alone() {
    let place = Place::fresh().await;
    let named =
        json!({ "database": { "mode": "CNPG", "cnpg": { "clusterRef": { "name": "shared" } } } });
    place.apply_open("team", &named).await;
    place.says("team", "ReferencesResolved", "SecretNotFound").await;
    place
        .have(&json!({
            "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": { "name": "shared" },
            "spec": { "instances": 1, "storage": { "size": "1Gi" } },
        }))
        .await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    ada.say("add a task called \"before\"").await;
    let pod = primary(&place, "shared").await;
    // CloudNativePG salts the role's password anew whenever its server starts; the Secret is what it goes by.
    let before = login(&place).await;

    kill(&place, &pod).await;
    until_it_writes(&ada, "after").await;
    assert_eq!(ada.tasks().await.len(), 2);
    place.ready("team").await;
    assert_eq!(login(&place).await, before);
    place.delete("team").await;
    place.see((Kind::CnpgCluster, "shared"), "there", |cluster| cluster.is_some()).await;
}
