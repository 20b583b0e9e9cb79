//! An object that names the official PostgreSQL image gets a container that its entrypoint understands. What is relied on
//! stands in that image's documentation, and in its entrypoint from 14 to 18.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use todochat_operator::{build::build, testing::Case};

/// Debian's variants. Alpine's `postgres` is another user.
const USER: i64 = 999;

fn pod() -> PodSpec {
    let case = Case::read(include_str!("goldens/database-embedded-image.yaml"));
    let mut children = build(&case.validated().unwrap());
    let set = children.stateful_sets.remove(0);
    set.spec.unwrap().template.spec.unwrap()
}

fn container(pod: &PodSpec) -> &Container {
    &pod.containers[0]
}

fn env(container: &Container) -> BTreeMap<&str, &str> {
    let variables = container.env.iter().flatten();
    variables.map(|it| (it.name.as_str(), it.value.as_deref().unwrap())).collect()
}

#[test]
fn the_entrypoint_is_left_in_charge_and_told_by_its_own_variables() {
    let pod = pod();
    let container = container(&pod);
    assert!(container.image.as_deref().unwrap().contains("/postgres:"));
    assert_eq!((&container.command, &container.args), (&None, &None));
    // `POSTGRES_PASSWORD` beside its file is an error; `POSTGRES_HOST_AUTH_METHOD` could only open what is closed.
    let names: Vec<_> = env(container).into_keys().collect();
    assert_eq!(names, ["PGDATA", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_USER"]);
}

#[test]
fn it_runs_as_the_user_of_the_image_and_may_write_where_it_must() {
    let pod = pod();
    let security = pod.security_context.as_ref().unwrap();
    let ids = [security.run_as_user, security.run_as_group, security.fs_group];
    assert_eq!(ids, [Some(USER); 3]);
    let mounts = container(&pod).volume_mounts.iter().flatten();
    let writable: Vec<_> = mounts
        .filter(|mount| mount.read_only != Some(true))
        .map(|mount| mount.mount_path.as_str())
        .collect();
    // Its socket, the here-documents of its shell, and the server's shared memory.
    for needed in ["/var/run/postgresql", "/tmp", "/dev/shm"] {
        assert!(writable.contains(&needed), "{needed} of {writable:?}");
    }
}

#[test]
fn the_data_is_in_a_folder_of_the_volume_and_not_where_18_looks_for_older_data() {
    let pod = pod();
    let container = container(&pod);
    let data = env(container)["PGDATA"];
    let mut mounts = container.volume_mounts.iter().flatten();
    let volume = mounts.find(|mount| mount.name == "data").unwrap();
    assert!(data.starts_with(&format!("{}/", volume.mount_path)), "{data}");
    // There, and only there, it refuses a volume at `/var/lib/postgresql/data`.
    assert!(!data.ends_with("/docker"), "{data}");
}

#[test]
fn it_is_asked_by_tcp_which_the_server_of_a_first_start_does_not_have() {
    let pod = pod();
    let container = container(&pod);
    let probes = [&container.startup_probe, &container.readiness_probe, &container.liveness_probe];
    for probe in probes {
        let command = probe.as_ref().unwrap().exec.as_ref().unwrap().command.as_ref().unwrap();
        assert_eq!(command[0], "pg_isready");
        assert!(command.contains(&"--host=127.0.0.1".to_owned()));
    }
}

#[test]
fn a_first_start_that_was_interrupted_is_mended_once_the_server_is_up() {
    let pod = pod();
    let lifecycle = container(&pod).lifecycle.as_ref().unwrap();
    let hook = lifecycle.post_start.as_ref().unwrap().exec.as_ref().unwrap();
    let script = hook.command.as_ref().unwrap().last().unwrap();
    // The entrypoint makes the files, then opens them to others, then makes the database; only the files tell it later that
    // it has been there.
    for mended in ["CREATE DATABASE", "pg_hba.conf", "ALTER ROLE postgres PASSWORD"] {
        assert!(script.contains(mended), "{mended}");
    }
}
