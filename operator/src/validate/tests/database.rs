use super::*;
use crate::{
    crd::DatabaseStatus,
    fetched::{Readiness, Reference},
    validated::{BackupPlace, Database, Embedded, External},
};

fn database(yaml: &str) -> Database {
    validated(&format!("database: {{{yaml}}}")).database
}

fn embedded(yaml: &str) -> Embedded {
    match database(yaml).runs {
        DatabaseRuns::Embedded(embedded) => *embedded,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_embedded_database_has_the_image_of_the_release_and_a_volume() {
    let database = database("mode: Embedded");
    assert_eq!((database.host.as_str(), database.port), ("harbor-db.pier.svc", 5432));
    let embedded = embedded("");
    assert_eq!(embedded.image, Image("images.example/postgres:18.1".to_owned()));
    assert_eq!(
        (embedded.size.as_str(), embedded.storage_class, embedded.backup),
        ("1Gi", None, None)
    );
}

#[test]
fn another_version_is_another_tag_of_the_same_image() {
    let image = |said: &str| embedded(&format!("embedded: {{{said}}}")).image.0;
    assert_eq!(image("version: '18'"), "images.example/postgres:18.1");
    assert_eq!(image("version: '17'"), "images.example/postgres:17");
    assert_eq!(image("image: {repository: a.example/pg, tag: '16'}"), "a.example/pg:16");
}

/// A database whose files are known to be of PostgreSQL 17.
fn with_files_of_17(said: &str) -> Case {
    let mut case = Case::new(&format!("database: {{embedded: {{{said}}}}}"));
    let known = DatabaseStatus { version: Some("17".to_owned()), ..DatabaseStatus::default() };
    case.object.status.get_or_insert_default().database = Some(known);
    case
}

#[test]
fn the_files_of_a_database_stay_with_their_version() {
    let image = |case: Case| match case.accepted().database.runs {
        DatabaseRuns::Embedded(embedded) => embedded.image.0,
        other => panic!("{other:?}"),
    };
    // The release comes with 18.
    assert_eq!(image(with_files_of_17("")), "images.example/postgres:17");
    assert_eq!(image(with_files_of_17("version: '17'")), "images.example/postgres:17");
    assert_eq!(
        image(with_files_of_17("image: {repository: pg, tag: 17.9-bookworm}")),
        "pg:17.9-bookworm"
    );
    for other in ["version: '18'", "version: '16'", "image: {repository: pg, tag: '18'}"] {
        says(&with_files_of_17(other).refusal(), "Malformed", "Go back to 17");
    }
    let mut pinned = with_files_of_17("");
    pinned.settings.images.postgres = "images.example/postgres@sha256:00".to_owned();
    assert_eq!(image(pinned), "images.example/postgres@sha256:00");
}

#[test]
fn a_version_is_that_of_the_image() {
    let yaml = "database: {embedded: {version: '18', image: {repository: pg, tag: '16'}}}";
    refuses(yaml, "Malformed", "the image is of PostgreSQL 16");
    let said = embedded("embedded: {version: '16', image: {repository: pg, tag: ours}}");
    assert_eq!((said.image.0.as_str(), said.version.as_deref()), ("pg:ours", Some("16")));
    assert_eq!(embedded("").version.as_deref(), Some("18"));
}

#[test]
fn a_backup_has_a_schedule_and_a_volume() {
    let backup =
        embedded("backup: {schedule: '0 3 * * *', destination: {storage: {size: 5Gi}}}").backup;
    let backup = backup.expect("backups");
    assert_eq!((backup.schedule.as_str(), backup.retain, backup.verify), ("0 3 * * *", 7, None));
    let place = BackupPlace::Volume { size: "5Gi".to_owned(), storage_class: None };
    assert_eq!(backup.place, place);
    refuses(
        "database: {backup: {schedule: 0 3 * * *, verify: weekly}}",
        "Malformed",
        "backup.verify",
    );
    refuses("database: {backup: {schedule: nightly}}", "Malformed", "backup.schedule");
    let sizeless = "database: {embedded: {storage: {size: '0'}}}";
    refuses(sizeless, "Malformed", "spec.database.embedded.storage.size");
    refuses("database: {embedded: {storage: {size: big}}}", "Malformed", "no quantity");
}

#[test]
fn a_cluster_that_is_there_is_used() {
    let database = database("mode: CNPG, cnpg: {clusterRef: {name: pg}}");
    assert_eq!(database.host, "pg-rw.pier.svc");
    assert_eq!(database.runs, DatabaseRuns::Cnpg { cluster: "pg".to_owned(), create: None });
}

#[test]
fn a_cluster_that_is_not_there_is_told() {
    let mut case = Case::new("database: {mode: CNPG, cnpg: {clusterRef: {name: pg}}}");
    case.fetched.cnpg_cluster = None;
    says(&case.refusal(), "SecretNotFound", "no cluster `pg` of CloudNativePG");
    case.fetched.cnpg_cluster = Some(Readiness { ready: false, why: "starting".to_owned() });
    case.fetched.secrets.insert("pg-app".to_owned(), Reference::Missing);
    says(&case.refusal(), "SecretNotFound", "`pg-app`");
}

#[test]
fn the_login_of_a_cluster_is_for_the_database_alone() {
    let yaml = "
chat: {model: {name: small, apiKey: {name: pg-app, key: password}}}
database: {mode: CNPG, cnpg: {clusterRef: {name: pg}}}
";
    refuses(yaml, "Forbidden", "spec.chat.model.apiKey");
}

#[test]
fn a_cluster_that_the_operator_makes_is_named_after_the_object() {
    let database = database("mode: CNPG, cnpg: {create: {instances: 2}}");
    let DatabaseRuns::Cnpg { cluster, create } = database.runs else { panic!("a cluster") };
    assert_eq!((cluster.as_str(), create.map(|create| create.instances)), ("harbor-db", Some(2)));
}

#[test]
fn a_cluster_needs_its_operator_and_a_name() {
    let mut case = Case::new("database: {mode: CNPG, cnpg: {clusterRef: {name: pg}}}");
    case.fetched.available.clear();
    says(&case.refusal(), "UnsupportedByCluster", "install CloudNativePG");
    refuses("database: {mode: CNPG}", "Malformed", "a clusterRef or create");
}

const EXTERNAL: &str = "mode: External, external: {host: pg.example, port: 6432, database: chat, ";

#[test]
fn an_external_database_is_used_as_admin_or_as_it_is() {
    let as_admin = database(&format!(
        "{EXTERNAL} admin: {{name: admin}}, caBundle: {{name: ca, key: ca.crt}}}}"
    ));
    assert_eq!((as_admin.host.as_str(), as_admin.port), ("pg.example", 6432));
    let expected = External {
        database: "chat".to_owned(),
        secret: "admin".to_owned(),
        is_admin: true,
        ssl_mode: "verify-full",
        ca: Some(("ca".to_owned(), "ca.crt".to_owned())),
    };
    assert_eq!(as_admin.runs, DatabaseRuns::External(expected));
    let as_it_is = database(&format!("{EXTERNAL} credentials: {{name: pg}}, sslMode: require}}"));
    assert!(matches!(
        as_it_is.runs,
        DatabaseRuns::External(External { is_admin: false, ssl_mode: "require", .. })
    ));
}

#[test]
fn an_external_database_is_verified_against_something() {
    let with = |fields: &str| format!("database: {{{EXTERNAL} {fields}}}}}");
    refuses(&with("admin: {name: a}"), "Malformed", "systemRoots");
    assert!(Case::new(&with("admin: {name: a}, systemRoots: true")).run().is_ok());
    refuses(&with("systemRoots: true"), "Malformed", "an admin or of credentials");
    refuses("database: {mode: External}", "Malformed", "spec.database.external");
}

#[test]
fn a_host_is_nothing_but_a_host() {
    let host = |host: &str| {
        format!(
            "database: {{mode: External, external: {{host: '{host}', database: d, credentials: {{name: c}}, systemRoots: true}}}}"
        )
    };
    assert_eq!(validated(&host("2001:db8::1")).database.host, "[2001:db8::1]");
    for bad in ["pg.example/other", "pg.example?sslmode=disable", "a@b", "a,b", "/var/run", ""] {
        refuses(&host(bad), "Malformed", "external.host");
    }
}
