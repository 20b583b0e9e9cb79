//! The database's part.

use std::net::Ipv6Addr;

use super::{Pass, backup, images, resources};
use crate::{
    crd::{
        CnpgSpec, DatabaseMode, DatabaseStatus, DeletionPolicy, EmbeddedSpec, ExternalSpec, SslMode,
    },
    kinds::Kind,
    names::Part,
    validated::{Database, DatabaseRuns, Embedded, External, Image},
};

/// The port of a database that runs here.
const PORT: u16 = 5432;

/// The database. What is `recorded` of it in the status bears on an Embedded one.
pub(super) fn database(pass: &mut Pass<'_>, recorded: Option<&DatabaseStatus>) -> Database {
    let spec = &pass.spec.database;
    let last_backup = pass.spec.deletion_policy == DeletionPolicy::Snapshot;
    if last_backup && spec.backup.is_none() {
        let rule =
            "Snapshot takes a last backup: write `spec.database.backup`, or use Retain or Delete";
        pass.findings.malformed("spec.deletionPolicy", rule);
    }
    match spec.mode {
        DatabaseMode::Embedded => {
            let files = recorded.and_then(|recorded| recorded.version.as_deref());
            embedded(pass, spec.embedded.as_ref(), files)
        }
        DatabaseMode::Cnpg => cnpg(pass, spec.cnpg.as_ref()),
        DatabaseMode::External => external(pass, spec.external.as_ref()),
    }
}

fn embedded(pass: &mut Pass<'_>, spec: Option<&EmbeddedSpec>, files: Option<&str>) -> Database {
    const PATH: &str = "spec.database.embedded";
    let default = EmbeddedSpec::default();
    let spec = spec.unwrap_or(&default);
    let (size, storage_class) = resources::storage(pass, &format!("{PATH}.storage"), &spec.storage);
    let path = format!("{PATH}.resources");
    let asked = resources::resources(pass, &path, &spec.resources, &resources::DATABASE);
    let backup = pass.spec.database.backup.as_ref().map(|spec| backup::backup(pass, spec));
    let image = embedded_image(pass, spec, files);
    let version = embedded_version(pass, spec, files, &image);
    let runs = Embedded { image, version, size, storage_class, resources: asked, backup };
    let service = Part::Database.name(&pass.owner.name);
    Database {
        host: format!("{service}.{}.svc", pass.owner.namespace),
        port: PORT,
        runs: DatabaseRuns::Embedded(Box::new(runs)),
    }
}

/// Where nothing is said, the version that the files are of: a release may come with a later one, and its server would not
/// read them.
fn embedded_image(pass: &mut Pass<'_>, spec: &EmbeddedSpec, files: Option<&str>) -> Image {
    let release = &pass.settings.images.postgres;
    match (&spec.image, spec.version.as_deref().or(files)) {
        (Some(image), _) => images::image(pass, "spec.database.embedded.image", image),
        (None, Some(version)) => Image(images::in_version(release, version)),
        (None, None) => Image(release.clone()),
    }
}

/// The major version of the image. A server does not read the files of another one, and nothing here converts them.
fn embedded_version(
    pass: &mut Pass<'_>,
    spec: &EmbeddedSpec,
    files: Option<&str>,
    image: &Image,
) -> Option<String> {
    let (said, tagged) = (spec.version.as_deref(), images::postgres_version(&image.0));
    if let (Some(said), Some(tagged)) = (said, tagged)
        && said != tagged
    {
        let problem = format!("is {said}, and the image is of PostgreSQL {tagged}");
        pass.findings.malformed("spec.database.embedded.version", problem);
    }
    let version = said.or(tagged);
    if let (Some(files), Some(version)) = (files, version)
        && files != version
    {
        let problem = format!(
            "the data is in files of PostgreSQL {files}, which {version} does not read. Go back to {files}, or leave \
             `version` out; to move on, dump the data and restore it into another object",
        );
        pass.findings.malformed("spec.database.embedded", problem);
    }
    version.map(str::to_owned)
}

fn cnpg(pass: &mut Pass<'_>, spec: Option<&CnpgSpec>) -> Database {
    const PATH: &str = "spec.database.cnpg";
    let remedy = "install CloudNativePG, or use another `spec.database.mode`";
    pass.needs(Kind::CnpgCluster, "spec.database.mode", remedy);
    let own = Part::Database.name(&pass.owner.name);
    let named = spec.and_then(|spec| spec.cluster_ref.as_ref());
    let create = spec.and_then(|spec| spec.create.clone());
    if named.is_some() == create.is_some() {
        pass.findings.malformed(PATH, "needs a clusterRef or create, and not both");
    }
    if let Some(create) = &create {
        resources::storage(pass, &format!("{PATH}.create.storage"), &create.storage);
    }
    let cluster = named.map_or(own, |named| named.name.clone());
    Database {
        host: format!("{cluster}-rw.{}.svc", pass.owner.namespace),
        port: PORT,
        runs: DatabaseRuns::Cnpg { cluster, create },
    }
}

fn external(pass: &mut Pass<'_>, spec: Option<&ExternalSpec>) -> Database {
    const PATH: &str = "spec.database.external";
    let Some(spec) = spec else {
        pass.findings.malformed(PATH, "is needed for mode External");
        return embedded(pass, None, None);
    };
    let port = u16::try_from(spec.port).ok().filter(|port| *port > 0);
    if port.is_none() {
        pass.findings.malformed(&format!("{PATH}.port"), "must be between 1 and 65535");
    }
    if spec.admin.is_some() == spec.credentials.is_some() {
        let rule = "needs the Secret of an admin or of credentials, and not both";
        pass.findings.malformed(PATH, rule);
    }
    if spec.ssl_mode != SslMode::Require && spec.ca_bundle.is_none() && !spec.system_roots {
        let rule = "to verify needs a caBundle, or `systemRoots: true` for a public authority";
        pass.findings.malformed(&format!("{PATH}.sslMode"), rule);
    }
    let secret = spec.admin.as_ref().or(spec.credentials.as_ref());
    let runs = External {
        database: spec.database.clone(),
        secret: secret.map(|secret| secret.name.clone()).unwrap_or_default(),
        is_admin: spec.admin.is_some(),
        ssl_mode: ssl_mode(spec.ssl_mode),
        ca: spec.ca_bundle.as_ref().map(|entry| (entry.name.clone(), entry.key.clone())),
    };
    Database {
        host: host(pass, &spec.host),
        port: port.unwrap_or(PORT),
        runs: DatabaseRuns::External(runs),
    }
}

/// The host as it stands in URLs.
fn host(pass: &mut Pass<'_>, host: &str) -> String {
    if host.parse::<Ipv6Addr>().is_ok() {
        return format!("[{host}]");
    }
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if host.is_empty() || !host.chars().all(inside) {
        let rule = "must be a host name or an address, without postgres:// and port";
        pass.findings.malformed("spec.database.external.host", rule);
    }
    host.to_owned()
}

fn ssl_mode(mode: SslMode) -> &'static str {
    match mode {
        SslMode::Require => "require",
        SslMode::VerifyCa => "verify-ca",
        SslMode::VerifyFull => "verify-full",
    }
}
