//! Buckets, and the restore that is to be done.

use super::*;
use crate::{
    crd::{DatabaseStatus, TodoChatStatus},
    fetched::Reference,
    kinds::ChildId,
    names::{RESTORE_ANNOTATION, restore_job},
    testing::UID,
    validated::{Backup, BackupPlace, Bucket, Restore, RestoreSource},
    world::{JobState, PodSeen, Seen, State, Workload},
};

const S3: &str = "
database:
  backup:
    schedule: 0 3 * * *
    destination:
      type: S3
      s3: {endpoint: 'https://s3.example.com/', bucket: chats, prefix: /eu/, credentials: {name: s3}}
";
const VOLUME: &str = "database: {backup: {schedule: 0 3 * * *}}";

fn backup(case: &Case) -> Backup {
    let DatabaseRuns::Embedded(embedded) = case.accepted().database.runs else {
        panic!("an Embedded one")
    };
    embedded.backup.expect("backups")
}

fn bucket(case: &Case) -> Bucket {
    match backup(case).place {
        BackupPlace::Bucket(bucket) => *bucket,
        BackupPlace::Volume { .. } => panic!("a bucket"),
    }
}

impl Case {
    /// As the status says of an object that was migrated.
    fn with_status(mut self, restored: Option<&str>) -> Self {
        let database = DatabaseStatus {
            schema_version: Some("1.4.2".to_owned()),
            restored: restored.map(str::to_owned),
            ..DatabaseStatus::default()
        };
        self.object.status =
            Some(TodoChatStatus { database: Some(database), ..TodoChatStatus::default() });
        self
    }

    fn asked(mut self, word: &str) -> Self {
        let annotations = self.object.metadata.annotations.get_or_insert_default();
        annotations.insert(RESTORE_ANNOTATION.to_owned(), word.to_owned());
        self
    }

    /// Nothing was migrated yet.
    fn unmigrated(mut self) -> Self {
        self.fetched.world.children.retain(|child, _| child.kind != Kind::Job);
        self
    }

    fn restore(&self) -> Option<Restore> {
        self.accepted().restore
    }

    fn with(mut self, kind: Kind, name: &str, state: State) -> Self {
        let seen = Seen {
            uid: "u".into(),
            resource_version: "1".into(),
            controller: Some(UID.into()),
            deleting: false,
            retained: false,
            applied: None,
            shape: 0,
            state,
        };
        self.fetched.world.children.insert(ChildId::new(kind, name), seen);
        self
    }
}

fn word() -> String {
    format!("todochat-20261121T030000Z@{UID}@2026-11-22T00:00:00Z")
}

#[test]
fn each_object_has_a_place_of_its_own_in_a_bucket() {
    let bucket = bucket(&Case::new(S3));
    assert_eq!(bucket.prefix, "eu/pier/harbor/");
    assert_eq!(bucket.endpoint, "https://s3.example.com");
    assert_eq!((bucket.region.as_str(), bucket.virtual_host), ("us-east-1", false));
}

#[test]
fn the_key_of_a_bucket_needs_the_label_its_entries_and_the_right_address() {
    let mut case = Case::new(S3);
    case.fetched.secrets.insert("s3".to_owned(), Reference::NotAllowed);
    says(&case.refusal(), "Forbidden", "todochat.dev/allow");
    let mut case = Case::new(S3);
    let Some(Reference::Found(facts)) = case.fetched.secrets.get_mut("s3") else {
        panic!("it is there")
    };
    facts.base_url = Some("https://other.example.com".to_owned());
    says(&case.refusal(), "Forbidden", "base-url");
    let mut case = Case::new(S3);
    let Some(Reference::Found(facts)) = case.fetched.secrets.get_mut("s3") else {
        panic!("it is there")
    };
    facts.keys.remove("secret-access-key");
    says(&case.refusal(), "SecretKeyMissing", "secret-access-key");
}

#[test]
fn a_new_object_starts_from_a_backup_before_its_first_migration_and_never_after() {
    let from = "database: {restoreFrom: {object: old, backup: todochat-20261121T030000Z}}";
    let restore = Case::new(from).unmigrated().restore().expect("a restore");
    assert_eq!(restore.source, RestoreSource::Claim("old-backup".to_owned()));
    assert!(restore.wanted && !restore.replaces && !restore.done);
    let validated = Case::new(from).unmigrated().accepted();
    assert_eq!(validated.stage.schema, Schema::Behind);
    assert!(!validated.migration.unwrap().wanted, "the migration comes after it");
    assert_eq!(Case::new(from).with_status(None).restore(), None);
    assert_eq!(Case::new(from).unmigrated().with_status(Some("x")).restore(), None);
}

#[test]
fn a_new_object_with_a_bucket_starts_from_anothers_place_in_it() {
    let case = Case::new(&format!("{S3}  restoreFrom: {{object: old}}\n")).unmigrated();
    let restore = case.restore().expect("a restore");
    let RestoreSource::Bucket(bucket) = restore.source else { panic!("a bucket") };
    assert_eq!((bucket.prefix.as_str(), restore.backup.as_str()), ("eu/pier/old/", "latest"));
}

#[test]
fn somebody_may_ask_for_a_backup_once() {
    let case = Case::new(VOLUME).with_status(None).asked(&word());
    let restore = case.restore().expect("a restore");
    assert!(restore.replaces);
    assert_eq!(restore.backup, "todochat-20261121T030000Z");
    assert_eq!(restore.source, RestoreSource::Claim("harbor-backup".to_owned()));
    assert!(!case.accepted().serves());
    let done = Case::new(VOLUME).with_status(Some(&word())).asked(&word());
    assert_eq!(done.restore(), None);
}

#[test]
fn what_was_asked_of_an_earlier_object_or_in_other_words_is_passed_over() {
    for word in [
        "todochat-20261121T030000Z@another-uid@now",
        "todochat-20261121T030000Z",
        &format!("../etc@{UID}@now"),
        &format!("todochat-20261121@{UID}@now"),
        &format!("latest@{UID}@{}", "x".repeat(200)),
        "",
    ] {
        assert_eq!(Case::new(VOLUME).with_status(None).asked(word).restore(), None, "{word}");
    }
    assert_eq!(Case::new("{}").with_status(None).asked(&word()).restore(), None, "no backups");
}

#[test]
fn it_waits_until_nobody_uses_the_database() {
    let asked = || Case::new(VOLUME).with_status(None).asked(&word());
    assert!(asked().restore().unwrap().wanted);
    let pod = PodSeen {
        name: "harbor-chat-x".into(),
        component: "chat".into(),
        tool_server: None,
        revision: "one".into(),
        created: "2026-01-01T00:00:00Z".into(),
        ready: true,
        deleting: true,
        trouble: None,
    };
    let mut case = asked();
    case.fetched.world.pods.push(pod);
    assert!(!case.restore().unwrap().wanted);
    let running = Workload { wanted: 1, ..Workload::default() };
    let case = asked().with(Kind::Deployment, "harbor-chat", State::Workload(Box::new(running)));
    assert!(!case.restore().unwrap().wanted);
    let mut case = asked();
    case.object.spec.suspended = true;
    assert!(!case.restore().unwrap().wanted);
}

#[test]
fn what_was_restored_is_migrated_by_a_job_of_its_own() {
    let asked = Case::new(VOLUME).with_status(None).asked(&word());
    let id = asked.restore().unwrap().id;
    let job = restore_job("harbor", &id);
    let done = asked.with(Kind::Job, &job, State::Job(JobState::Complete));
    assert!(done.restore().unwrap().done);
    let version = |case: &Case| case.accepted().migration.unwrap().version;
    let before = version(&Case::new(VOLUME));
    let mut after = Case::new(VOLUME).with_status(Some(&word()));
    after.object.status.as_mut().unwrap().database.as_mut().unwrap().schema_version = None;
    assert_ne!(version(&after), before);
    assert!(after.accepted().migration.unwrap().wanted);
}
