//! How long migrations took, by the word of their Jobs' controller.

use chrono::DateTime;
use serde_json::Value;

use crate::names::{ObjectKey, Part};

/// How many seconds the migration took whose Job this is. Nothing of one that is not done, and of any other Job.
pub(super) fn took(key: &ObjectKey, name: &str, job: &Value) -> Option<u32> {
    if !is_migration(&key.name, name) {
        return None;
    }
    let time = |at: &str| DateTime::parse_from_rfc3339(job["status"][at].as_str()?).ok();
    u32::try_from((time("completionTime")? - time("startTime")?).num_seconds()).ok()
}

/// Whether this is the Job of a migration of the object; those that replace its login are called much the same.
pub(super) fn is_migration(object: &str, job: &str) -> bool {
    let version = job.strip_prefix(&Part::Migration(String::new()).name(object));
    version.is_some_and(|version| !version.starts_with("login-"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Store, *};
    use crate::{kinds::Kind, watching::Watched};

    fn of(name: &str, status: &Value) -> Option<u32> {
        took(&ObjectKey::new("people", "team"), name, &json!({ "status": status }))
    }

    #[test]
    fn a_migration_that_is_done_tells_how_long_it_took() {
        let done =
            json!({"startTime": "2026-01-01T00:00:58Z", "completionTime": "2026-01-01T00:02:01Z"});
        assert_eq!(of("team-migrate-1-4-2", &done), Some(63));
        for other in ["team-migrate-login-0123abcd", "team-backup-29000000", "team-b-migrate-1"] {
            assert_eq!(of(other, &done), None, "{other}");
        }
    }

    #[test]
    fn it_is_known_until_the_job_is_gone() {
        let (store, jobs) = (Store::default(), Watched::Children(Kind::Job));
        let key = ObjectKey::new("people", "team");
        let job = json!({
            "metadata": {
                "namespace": "people", "name": "team-migrate-1-4-2", "uid": "u", "resourceVersion": "7",
                "labels": {"todochat.dev/object": "team"},
            },
            "status": {"startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:05Z"},
        });
        store.put(jobs, &job, false);
        assert_eq!(store.migration_seconds(&key), Some(5));
        store.gone(jobs, &job);
        assert_eq!(store.migration_seconds(&key), None);
    }

    #[test]
    fn one_that_runs_or_makes_no_sense_tells_nothing() {
        let name = "team-migrate-1-4-2";
        for status in [
            json!(null),
            json!({"startTime": "2026-01-01T00:00:00Z"}),
            json!({"startTime": "yesterday", "completionTime": 7}),
            json!({"startTime": "2026-01-02T00:00:00Z", "completionTime": "2026-01-01T00:00:00Z"}),
        ] {
            assert_eq!(of(name, &status), None, "{status}");
        }
    }
}
