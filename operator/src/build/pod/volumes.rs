//! Volumes, each together with where it is mounted: neither can be forgotten.

use k8s_openapi::{
    api::core::v1::{
        ConfigMapProjection, ConfigMapVolumeSource, EmptyDirVolumeSource, KeyToPath,
        PersistentVolumeClaimVolumeSource, ProjectedVolumeSource, SecretProjection,
        SecretVolumeSource, Volume, VolumeMount, VolumeProjection,
    },
    apimachinery::pkg::api::resource::Quantity,
};

/// Secrets may be read by the pod's group, and by nobody else.
const SECRET_MODE: i32 = 0o440;

/// A volume, and where it is mounted.
pub(in crate::build) struct Mounted {
    pub(in crate::build) volume: Volume,
    pub(in crate::build) mount: VolumeMount,
}

impl Mounted {
    fn new(volume: Volume, path: &str, read_only: bool) -> Self {
        let mount = VolumeMount {
            name: volume.name.clone(),
            mount_path: path.to_owned(),
            read_only: read_only.then_some(true),
            ..VolumeMount::default()
        };
        Self { volume, mount }
    }
}

fn volume(name: &str) -> Volume {
    Volume { name: name.to_owned(), ..Volume::default() }
}

fn item(key: &str, file: &str) -> Vec<KeyToPath> {
    vec![KeyToPath { key: key.to_owned(), path: file.to_owned(), mode: None }]
}

/// One entry of a Secret, as the file `path/file`.
pub(in crate::build) fn secret(
    name: &str,
    (secret, key): (&str, &str),
    path: &str,
    file: &str,
) -> Mounted {
    let source = SecretVolumeSource {
        secret_name: Some(secret.to_owned()),
        default_mode: Some(SECRET_MODE),
        items: Some(item(key, file)),
        optional: None,
    };
    Mounted::new(Volume { secret: Some(source), ..volume(name) }, path, true)
}

/// Entries of a Secret, as files of their names.
pub(in crate::build) fn secret_entries(
    name: &str,
    secret: &str,
    keys: &[&str],
    path: &str,
) -> Mounted {
    let source = SecretVolumeSource {
        secret_name: Some(secret.to_owned()),
        default_mode: Some(SECRET_MODE),
        items: Some(keys.iter().flat_map(|key| item(key, key)).collect()),
        optional: None,
    };
    Mounted::new(Volume { secret: Some(source), ..volume(name) }, path, true)
}

/// One entry of a ConfigMap, as the file `path/file`.
pub(in crate::build) fn config_map(
    name: &str,
    (config_map, key): (&str, &str),
    path: &str,
    file: &str,
) -> Mounted {
    let source = ConfigMapVolumeSource {
        name: config_map.to_owned(),
        items: Some(item(key, file)),
        ..ConfigMapVolumeSource::default()
    };
    Mounted::new(Volume { config_map: Some(source), ..volume(name) }, path, true)
}

/// All entries of a ConfigMap, as files of their names.
pub(in crate::build) fn whole_config_map(name: &str, config_map: &str, path: &str) -> Mounted {
    let source =
        ConfigMapVolumeSource { name: config_map.to_owned(), ..ConfigMapVolumeSource::default() };
    Mounted::new(Volume { config_map: Some(source), ..volume(name) }, path, true)
}

/// Entries from several places, as files in one folder.
pub(in crate::build) fn together(
    name: &str,
    sources: Vec<VolumeProjection>,
    path: &str,
) -> Mounted {
    let source = ProjectedVolumeSource { sources: Some(sources), default_mode: Some(SECRET_MODE) };
    Mounted::new(Volume { projected: Some(source), ..volume(name) }, path, true)
}

/// A source of [`together`]: an entry of a Secret.
pub(in crate::build) fn of_secret(secret: &str, key: &str, file: &str) -> VolumeProjection {
    let secret =
        SecretProjection { name: secret.to_owned(), items: Some(item(key, file)), optional: None };
    VolumeProjection { secret: Some(secret), ..VolumeProjection::default() }
}

/// A source of [`together`]: an entry of a ConfigMap.
pub(in crate::build) fn of_config_map(config_map: &str, key: &str, file: &str) -> VolumeProjection {
    let config_map = ConfigMapProjection {
        name: config_map.to_owned(),
        items: Some(item(key, file)),
        optional: None,
    };
    VolumeProjection { config_map: Some(config_map), ..VolumeProjection::default() }
}

/// Room to write to that is gone with the pod.
pub(in crate::build) fn scratch(name: &str, path: &str, limit: &str) -> Mounted {
    empty(name, path, limit, None)
}

/// The same in memory; it counts as the container's.
pub(in crate::build) fn memory(name: &str, path: &str, limit: &str) -> Mounted {
    empty(name, path, limit, Some("Memory".to_owned()))
}

fn empty(name: &str, path: &str, limit: &str, medium: Option<String>) -> Mounted {
    let source = EmptyDirVolumeSource { size_limit: Some(Quantity(limit.to_owned())), medium };
    Mounted::new(Volume { empty_dir: Some(source), ..volume(name) }, path, false)
}

/// Every pod's `/tmp`: its root file system cannot be written to.
pub(in crate::build) fn tmp() -> Mounted {
    scratch("tmp", "/tmp", "64Mi")
}

/// A volume that outlives the pod.
pub(in crate::build) fn claim(name: &str, claim: &str, path: &str) -> Mounted {
    let source = PersistentVolumeClaimVolumeSource {
        claim_name: claim.to_owned(),
        ..PersistentVolumeClaimVolumeSource::default()
    };
    Mounted::new(Volume { persistent_volume_claim: Some(source), ..volume(name) }, path, false)
}
