use super::*;
use crate::{
    crd::{DatabaseStatus, TodoChatStatus},
    kinds::ChildId,
    names::{login_secret, migrator_secret, signing_keys_secret},
    rotating::{Login, LoginSeen, Record},
    validated::{Hold, Migration},
    world::{JobState, Seen, State, Workload},
};

impl Case {
    /// This spec before anything of it exists; what it points at is there.
    fn fresh(yaml: &str) -> Self {
        let mut case = Self::new(yaml);
        case.fetched.own_secrets.clear();
        case.fetched.world.children.clear();
        case
    }

    fn with_secrets(mut self, login: &str) -> Self {
        let secrets = &mut self.fetched.own_secrets;
        secrets.insert(signing_keys_secret("harbor"), "k".to_owned());
        secrets.insert(login_secret("harbor"), login.to_owned());
        secrets.insert(migrator_secret("harbor"), "m".to_owned());
        self
    }

    fn with_child(mut self, kind: Kind, name: &str, state: State) -> Self {
        let seen = Seen {
            uid: "u".into(),
            resource_version: "1".into(),
            controller: Some(crate::testing::UID.into()),
            deleting: false,
            retained: false,
            applied: None,
            shape: 0,
            state,
        };
        self.fetched.world.children.insert(ChildId::new(kind, name), seen);
        self
    }

    fn with_database(self) -> Self {
        let state = State::Workload(Box::new(Workload { ready: 1, ..Workload::default() }));
        self.with_child(Kind::StatefulSet, "harbor-db", state)
    }

    fn with_job(self, version: &str, state: JobState) -> Self {
        self.with_child(Kind::Job, &format!("harbor-migrate-{version}"), State::Job(state))
    }

    /// As after this migration the status says.
    fn recorded(mut self, migration: &Migration) -> Self {
        let database = DatabaseStatus {
            schema_version: Some(migration.schema.clone()),
            logins_hash: Some(migration.logins.clone()),
            ..DatabaseStatus::default()
        };
        let status = self.object.status.get_or_insert_default();
        *status = TodoChatStatus { database: Some(database), ..TodoChatStatus::default() };
        self
    }

    fn gate(&self) -> (Schema, Migration) {
        let validated = self.accepted();
        (validated.stage.schema, validated.migration.expect("a migration"))
    }
}

#[test]
fn at_first_there_are_no_secrets_and_no_job() {
    let case = Case::fresh("{}").with_database();
    let (schema, migration) = case.gate();
    assert_eq!((schema, migration.wanted), (Schema::Behind, false));
    assert!(case.accepted().stage.own_secrets.is_empty());
}

#[test]
fn the_job_waits_for_the_database() {
    let case = Case::fresh("{}").with_secrets("l1");
    assert!(!case.gate().1.wanted);
    let (schema, migration) = case.with_database().gate();
    assert_eq!((schema, migration.wanted), (Schema::Behind, true));
    assert_eq!((migration.version.as_str(), migration.schema.as_str()), ("1-4-2", "1.4.2"));
    assert_eq!(migration.image, Image("images.example/todochat/chat-server:1.4.2".to_owned()));
}

#[test]
fn a_job_that_runs_is_not_taken_away_when_the_database_stumbles() {
    let case = Case::fresh("{}").with_secrets("l1").with_job("1-4-2", JobState::Running);
    assert!(case.gate().1.wanted);
}

#[test]
fn a_finished_job_makes_the_schema_current() {
    let case = Case::fresh("{}").with_secrets("l1").with_database();
    let case = case.with_job("1-4-2", JobState::Complete);
    let (schema, migration) = case.gate();
    assert_eq!((schema, migration.wanted), (Schema::Current, false));
}

#[test]
fn a_job_that_was_given_up_leaves_it_behind() {
    let case = Case::fresh("{}").with_secrets("l1").with_database();
    let case = case.with_job("1-4-2", JobState::Failed("deadline".into()));
    assert_eq!(case.gate().0, Schema::Behind);
}

#[test]
fn what_the_status_records_outlives_the_job() {
    let case = Case::fresh("{}").with_secrets("l1").with_database();
    let (_, migration) = case.gate();
    let (schema, migration) = case.recorded(&migration).gate();
    assert_eq!((schema, migration.wanted), (Schema::Current, false));
}

#[test]
fn the_job_of_an_earlier_object_of_the_same_name_says_nothing() {
    let mut case = Case::fresh("{}").with_secrets("l1").with_database();
    case = case.with_job("1-4-2", JobState::Complete);
    for (_, seen) in &mut case.fetched.world.children {
        seen.controller = Some("another".into());
    }
    let (schema, migration) = case.gate();
    assert_eq!((schema, migration.wanted), (Schema::Behind, false));
}

#[test]
fn a_login_that_was_lost_is_made_known_again() {
    let before = Case::fresh("{}").with_secrets("l1").with_database();
    let (_, recorded) = before.gate();
    let after = Case::fresh("{}").with_secrets("l2").with_database().recorded(&recorded);
    let after = after.with_job("1-4-2", JobState::Complete);
    let (schema, again) = after.gate();
    assert_eq!((schema, again.wanted), (Schema::Behind, true));
    assert_ne!(again.version, recorded.version);
    assert_eq!(again.schema, recorded.schema);
    let done = after.with_job(&again.version, JobState::Complete);
    assert_eq!(done.gate().0, Schema::Current);
    let (schema, settled) = done.recorded(&again).gate();
    assert_eq!((schema, settled.version), (Schema::Current, recorded.version));
}

#[test]
fn while_the_login_is_away_nothing_new_starts() {
    let before = Case::fresh("{}").with_secrets("l1").with_database();
    let (_, recorded) = before.gate();
    let (schema, migration) = Case::fresh("{}").with_database().recorded(&recorded).gate();
    assert_eq!((schema, migration.wanted), (Schema::Behind, false));
}

#[test]
fn a_database_that_moves_is_migrated_again() {
    let at = |host: &str| {
        Case::fresh(&format!(
            "database: {{mode: External, external: {{host: {host}, database: chat, credentials: \
             {{name: pg}}, systemRoots: true}}}}"
        ))
        .with_secrets("l1")
    };
    let (_, recorded) = at("one.example").gate();
    assert_eq!(at("one.example").recorded(&recorded).gate().0, Schema::Current);
    let (schema, migration) = at("two.example").recorded(&recorded).gate();
    assert_eq!((schema, migration.wanted), (Schema::Behind, true));
}

#[test]
fn a_new_release_is_a_new_job() {
    let case = Case::fresh("{}").with_secrets("l1").with_database();
    let (_, recorded) = case.gate();
    let mut case = case.recorded(&recorded).with_job("1-4-2", JobState::Complete);
    case.settings.release = "1.5.0".to_owned();
    let (schema, migration) = case.gate();
    assert_eq!((schema, migration.wanted), (Schema::Behind, true));
    assert_eq!(migration.version, "1-5-0");
}

#[test]
fn an_image_of_ones_own_is_a_release_of_its_own() {
    let version = |image: &str| {
        let yaml = format!("chat: {{image: {{repository: a.example/chat, {image}}}}}");
        validated(&yaml).migration.expect("a migration").version
    };
    assert_eq!(version("tag: Feature_7"), "feature-7");
    assert_eq!(version(&format!("digest: 'sha256:{}'", "ab".repeat(32))), "abababababab");
}

#[test]
fn an_older_release_does_not_touch_a_newer_schema() {
    let case = Case::fresh("{}").with_secrets("l1").with_database();
    let (_, recorded) = case.gate();
    let mut case = case.recorded(&recorded).with_job("1-3-9", JobState::Complete);
    case.settings.release = "1.3.9".to_owned();
    let (schema, migration) = case.gate();
    assert_eq!((schema, migration.wanted), (Schema::Held, false));
    assert_eq!(migration.hold, Some(Hold::SchemaNewer));
}

#[test]
fn by_hand_it_waits_for_its_version_to_be_named() {
    let with = |approved: &str| {
        let yaml = format!("database: {{migrations: {{policy: Manual{approved}}}}}");
        Case::fresh(&yaml).with_secrets("l1").with_database()
    };
    for not in ["", ", approvedVersion: 1.4.1"] {
        let (schema, migration) = with(not).gate();
        assert_eq!((schema, migration.hold), (Schema::Held, Some(Hold::ApprovalNeeded)), "{not}");
        assert!(!migration.wanted);
    }
    for approved in [", approvedVersion: 1.4.2", ", approvedVersion: 1-4-2"] {
        let (schema, migration) = with(approved).gate();
        assert_eq!((schema, migration.wanted), (Schema::Behind, true), "{approved}");
    }
}

#[test]
fn a_lost_login_needs_nobodys_agreement() {
    let yaml = "database: {migrations: {policy: Manual}}";
    let case = |login| Case::fresh(yaml).with_secrets(login).with_database();
    let (_, recorded) = case("l1").gate();
    let (schema, migration) = case("l2").recorded(&recorded).gate();
    assert_eq!((schema, migration.wanted), (Schema::Behind, true));
}

#[test]
fn whoever_migrates_elsewhere_is_taken_at_their_word() {
    let validated = Case::fresh("database: {migrations: {policy: Skip}}").accepted();
    assert_eq!((validated.stage.schema, validated.migration), (Schema::Current, None));
}

#[test]
fn a_login_is_replaced_whoever_migrates() {
    let login = |case: &Case| -> Login { case.accepted().rotation.login.expect("a login of ours") };
    let mut case = Case::fresh("database: {migrations: {policy: Skip}}").with_secrets("l1");
    case.fetched.wishes.login.asked = Some("now".to_owned());
    let seen = |username: &str, record| LoginSeen {
        username: username.to_owned(),
        record,
        ..LoginSeen::default()
    };
    case.fetched.rotations.login = Some(seen("todochat_app", Record::default()));
    assert!(login(&case).waits, "there is no database");
    let mut case = case.with_database();
    let begun = login(&case);
    assert_eq!((begun.waits, begun.next.as_deref()), (false, Some("todochat_app_b")));
    // The one before goes, though no status says what the database knows.
    let record = Record { old: Some("todochat_app".to_owned()), ..Record::default() };
    case.fetched.rotations.login = Some(seen("todochat_app_b", record));
    let job = login(&case).job.expect("a Job").part().name("harbor");
    let case = case.with_child(Kind::Job, &job, State::Job(JobState::Complete));
    assert_eq!(login(&case).record.old, None);
}

#[test]
fn nothing_migrates_while_nothing_runs() {
    let case = Case::fresh("suspended: true").with_secrets("l1").with_database();
    assert!(!case.gate().1.wanted);
}

#[test]
fn a_cluster_is_waited_for() {
    let made = |ready| {
        let state = State::Dependency { ready, why: "".into() };
        Case::fresh("database: {mode: CNPG, cnpg: {create: {}}}")
            .with_child(Kind::CnpgCluster, "harbor-db", state)
            .gate()
            .1
            .wanted
    };
    assert!(made(true) && !made(false));
    let mut case = Case::fresh("database: {mode: CNPG, cnpg: {clusterRef: {name: pg}}}");
    assert!(case.gate().1.wanted);
    case.fetched.cnpg_cluster.as_mut().expect("a cluster").ready = false;
    assert!(!case.gate().1.wanted);
}

#[test]
fn what_render_assumes_has_come_up() {
    for yaml in [
        "{}",
        "database: {mode: CNPG, cnpg: {create: {}}}",
        "database: {mode: CNPG, cnpg: {clusterRef: {name: pg}}}",
        "database: {mode: External, external: {host: h, database: d, admin: {name: a}, systemRoots: true}}",
        "database: {migrations: {policy: Manual}}",
        "toolServers: [{name: f, source: {type: Stdio, stdio: {image: {repository: a, tag: b}, command: [c]}}}]",
    ] {
        let validated = validated(yaml);
        assert_eq!(validated.stage.schema, Schema::Current, "{yaml}");
        for server in validated.tool_servers.iter().filter(|it| it.auth == ToolAuth::Shared) {
            let secret = crate::names::tool_secret("harbor", &server.name);
            assert!(validated.stage.own_secrets.contains_key(&secret));
        }
    }
}
