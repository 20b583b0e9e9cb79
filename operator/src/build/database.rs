//! The database, as far as it is ours: a PostgreSQL of one pod and one volume, or a cluster that CloudNativePG runs.

use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetSpec},
        core::v1::{
            Container, EnvVar, ExecAction, Lifecycle, LifecycleHandler, PersistentVolumeClaim,
            PersistentVolumeClaimSpec, Service, VolumeResourceRequirements,
        },
    },
    apimachinery::pkg::api::resource::Quantity,
};
use kube::core::{DynamicObject, ObjectMeta};
use serde_json::{Map, Value, json};

use super::{
    Planned, login, metadata,
    pod::{
        self, Pod, probes,
        volumes::{self, Mounted},
    },
    reads::Reads,
    secrets, service,
};
use crate::{
    crd::CnpgCreate,
    kinds::{ChildId, Kind},
    names::{self, Part},
    validated::{DatabaseRuns, Embedded, PodOptions, Validated},
};

/// The user of the image, and whose its files are.
pub(super) const USER: i64 = 999;
/// A fast shutdown writes all that is in memory to the volume.
const GRACE_SECONDS: i64 = 60;
const DATA: &str = "/var/lib/postgresql/data";
/// Not the volume itself: a new one is not always empty.
const PGDATA: &str = "/var/lib/postgresql/data/pgdata";
const SET_PASSWORD: &str = include_str!("database/set-password.sh");

fn embedded(validated: &Validated) -> Option<&Embedded> {
    match &validated.database.runs {
        DatabaseRuns::Embedded(embedded) => Some(embedded),
        DatabaseRuns::Cnpg { .. } | DatabaseRuns::External(_) => None,
    }
}

/// The part whose pods the database is, if they are ours.
pub(super) fn part(validated: &Validated) -> Option<Part> {
    embedded(validated).map(|_| Part::Database)
}

/// What the server is reached by: its pod's own address.
pub(super) fn service(validated: &Validated) -> Option<Service> {
    embedded(validated)?;
    let ports = [("postgres", validated.database.port)];
    let mut service = service::service(&validated.owner, &Part::Database, &ports);
    service.spec.get_or_insert_default().cluster_ip = Some("None".to_owned());
    Some(service)
}

/// The volume. Not a template of the StatefulSet, since that could never be made larger.
pub(super) fn claim(validated: &Validated) -> Option<PersistentVolumeClaim> {
    let embedded = embedded(validated)?;
    let metadata = metadata::object_meta(&validated.owner, &Part::Database);
    Some(volume_claim(metadata, &embedded.size, embedded.storage_class.as_deref()))
}

/// A volume that one pod uses at a time.
pub(super) fn volume_claim(
    metadata: ObjectMeta,
    size: &str,
    class: Option<&str>,
) -> PersistentVolumeClaim {
    let requests = [("storage".to_owned(), Quantity(size.to_owned()))].into();
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: class.map(str::to_owned),
            resources: Some(VolumeResourceRequirements { requests: Some(requests), limits: None }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}

/// The server; it waits for its Secret.
pub(super) fn stateful_set(validated: &Validated) -> Option<Planned<StatefulSet>> {
    let embedded = embedded(validated)?;
    let name = Part::Database.name(&validated.owner.name);
    let id = ChildId::new(Kind::StatefulSet, &name);
    Some(Planned::once(id, built(validated, embedded)))
}

fn built(validated: &Validated, embedded: &Embedded) -> Option<StatefulSet> {
    let owner = &validated.owner;
    let own_secrets = vec![names::admin_secret(&owner.name)];
    let inputs = Reads { own_secrets, ..Reads::default() }.hash(&validated.stage)?;
    let pod = Pod {
        part: &Part::Database,
        account: &Part::Database,
        user: USER,
        init: None,
        container: container(validated, embedded),
        mounted: mounted(validated),
        inputs: Some(inputs),
        options: &PodOptions::default(),
        several: false,
        grace_seconds: Some(GRACE_SECONDS),
        restart: None,
    };
    Some(StatefulSet {
        metadata: metadata::object_meta(owner, &Part::Database),
        spec: Some(StatefulSetSpec {
            replicas: Some(i32::from(!validated.suspended)),
            service_name: Some(Part::Database.name(&owner.name)),
            selector: metadata::selector(owner, &Part::Database),
            revision_history_limit: Some(3),
            template: pod.template(validated),
            ..StatefulSetSpec::default()
        }),
        status: None,
    })
}

fn mounted(validated: &Validated) -> Vec<Mounted> {
    vec![
        volumes::tmp(),
        volumes::scratch("run", "/var/run/postgresql", "16Mi"),
        volumes::memory("shared-memory", "/dev/shm", "128Mi"),
        volumes::claim("data", &Part::Database.name(&validated.owner.name), DATA),
        login::admin_password(validated),
    ]
}

fn container(validated: &Validated, embedded: &Embedded) -> Container {
    let server = Container {
        env: Some(env(validated)),
        ports: Some(vec![pod::port("postgres", validated.database.port)]),
        lifecycle: Some(Lifecycle {
            post_start: Some(LifecycleHandler {
                exec: Some(ExecAction { command: Some(shell(SET_PASSWORD)) }),
                ..LifecycleHandler::default()
            }),
            ..Lifecycle::default()
        }),
        ..pod::container("postgres", &embedded.image, embedded.resources.clone())
    };
    // By TCP: while a new database is made, a server without it answers on the socket.
    let ask = ["pg_isready", "--quiet", "--host=127.0.0.1", "--username=postgres"];
    probes::run(server, &ask)
}

fn env(validated: &Validated) -> Vec<EnvVar> {
    let database = login::database(&validated.database.runs);
    [
        ("POSTGRES_USER", secrets::ADMIN),
        ("POSTGRES_PASSWORD_FILE", login::ADMIN_PASSWORD),
        ("POSTGRES_DB", database),
        ("PGDATA", PGDATA),
    ]
    .map(|(name, value)| variable(name, value))
    .into()
}

/// An environment variable that holds no secret.
pub(super) fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value.to_owned()), value_from: None }
}

/// A script, as a command that ends at its first failure.
pub(super) fn shell(script: &str) -> Vec<String> {
    ["sh", "-ceu", script].map(str::to_owned).into()
}

/// A cluster that CloudNativePG runs, if the operator makes it.
pub(super) fn cnpg_cluster(validated: &Validated) -> Option<DynamicObject> {
    let DatabaseRuns::Cnpg { cluster, create: Some(create) } = &validated.database.runs else {
        return None;
    };
    let mut metadata = metadata::named(&validated.owner, &Part::Database, cluster.clone());
    if validated.suspended {
        let hibernation = ("cnpg.io/hibernation".to_owned(), "on".to_owned());
        metadata.annotations = Some([hibernation].into());
    }
    Some(metadata::optional(Kind::CnpgCluster, metadata, &cnpg_spec(validated, create)))
}

fn cnpg_spec(validated: &Validated, create: &CnpgCreate) -> Value {
    let mut storage = Map::from_iter([("size".to_owned(), json!(create.storage.size))]);
    if let Some(class) = &create.storage.storage_class_name {
        storage.insert("storageClass".to_owned(), json!(class));
    }
    let database = login::database(&validated.database.runs);
    let mut spec = json!({
        "instances": create.instances,
        "storage": storage,
        "bootstrap": { "initdb": { "database": database, "owner": database } },
    });
    let pulled: Vec<_> =
        validated.image_pull_secrets.iter().map(|name| json!({ "name": name })).collect();
    if !pulled.is_empty() {
        spec["imagePullSecrets"] = pulled.into();
    }
    spec
}
