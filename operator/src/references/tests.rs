use super::*;
use crate::testing::object;

const EVERYTHING: &str = "
chat:
  model:
    name: small
    apiKey: {name: model, key: token}
    systemPrompt: {configMapKeyRef: {name: prompt, key: text}}
  auth: {signup: Invite, inviteCodes: {name: codes, key: list}}
  env:
    - {name: A, valueFrom: {secretKeyRef: {name: chat-env, key: a}}}
    - {name: B, valueFrom: {configMapKeyRef: {name: chat-map, key: b}}}
    - {name: C, value: plain}
toolServers:
  - name: files
    source: {type: Stdio, stdio: {image: {repository: a, tag: b}, command: [x]}}
    env: [{name: D, valueFrom: {secretKeyRef: {name: tool-env, key: d}}}]
  - name: crm
    source:
      type: Remote
      remote:
        url: https://crm.example/mcp
        headersFrom: [{name: Authorization, secretKeyRef: {name: crm, key: header}}]
        caBundle: {name: authorities, key: ca.crt}
database:
  mode: External
  external:
    host: pg.example
    database: chat
    admin: {name: admin}
    caBundle: {name: pg-ca, key: ca.crt}
exposure:
  type: Ingress
  host: chat.example
  tls: {secretRef: {name: certificate}}
imagePullSecrets: [{name: pull}]
";

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn every_place_that_names_something_is_found() {
    let found = references(&object(EVERYTHING).spec);
    let secrets = ["model", "codes", "chat-env", "tool-env", "crm", "admin", "certificate", "pull"];
    assert_eq!(found.secrets, set(&secrets));
    assert_eq!(found.config_maps, set(&["prompt", "chat-map", "authorities", "pg-ca"]));
    assert_eq!(found.cnpg_cluster, None);
}

#[test]
fn an_object_that_says_nothing_points_at_nothing() {
    assert_eq!(references(&object("").spec), References::default());
}

#[test]
fn a_cluster_comes_with_the_secret_of_its_login() {
    let found = references(&object("database: {mode: CNPG, cnpg: {clusterRef: {name: pg}}}").spec);
    assert_eq!(found.cnpg_cluster.as_deref(), Some("pg"));
    assert_eq!(found.secrets, set(&["pg-app"]));
}

#[test]
fn a_cluster_that_the_operator_makes_is_not_other_peoples() {
    let spec = object("database: {mode: CNPG, cnpg: {create: {}}}").spec;
    assert_eq!(references(&spec), References::default());
}

#[test]
fn what_is_read_again_replaces_no_pods() {
    let object = object(EVERYTHING);
    let at_start = |name| {
        let uses = uses(&object.spec).into_iter();
        uses.filter(|used| used.name == name).find_map(|used| used.read_at_start)
    };
    for read_again in ["model", "crm", "admin", "pg-ca", "certificate", "pull"] {
        assert_eq!(at_start(read_again), None, "{read_again}");
    }
    for chat in ["prompt", "codes", "chat-env", "chat-map", "authorities"] {
        assert_eq!(at_start(chat), Some(Reader::Chat), "{chat}");
    }
    assert_eq!(at_start("tool-env"), Some(Reader::Tool("files")));
}

#[test]
fn a_secret_is_allowed_by_its_label_alone() {
    let labelled = |value: &str| BTreeMap::from([(ALLOW_LABEL.to_owned(), value.to_owned())]);
    for allowed in ["harbor", "any", "*"] {
        assert!(allows(&labelled(allowed), "harbor"), "{allowed}");
    }
    for not in ["", "harbo", "harbor2", "Any", "true"] {
        assert!(!allows(&labelled(not), "harbor"), "{not}");
    }
    assert!(!allows(&BTreeMap::new(), "harbor"));
}
