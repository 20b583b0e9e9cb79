//! Which image is meant, and whether it may come from there.
//!
//! The list of registries is the operator's own setting; the images of its release are not held against it, they are settings
//! too.

use super::Pass;
use crate::{crd::ImageSpec, validated::Image};

/// What a name without a registry means, to Docker and so to everybody.
const DEFAULT_REGISTRY: &str = "docker.io";

/// The image that a spec names.
pub(super) fn image(pass: &mut Pass<'_>, path: &str, spec: &ImageSpec) -> Image {
    if !is_repository(&spec.repository) {
        let rule = "must be a registry and a path without tag and digest, e.g. \
                    registry.example.com/team/server";
        pass.findings.malformed(&format!("{path}.repository"), rule);
    }
    let allowed = &pass.settings.allowed_registries;
    let full = in_full(&spec.repository);
    if !allowed.is_empty() && !allowed.iter().any(|entry| covers(entry, &full)) {
        let problem = format!(
            "`{full}` is from a registry that the operator does not allow; allowed are {}",
            allowed.join(", "),
        );
        pass.findings.denied(path, problem);
    }
    // What was allowed is what is pulled: without the registry the node might look elsewhere.
    let repository = if allowed.is_empty() { &spec.repository } else { &full };
    match (&spec.tag, &spec.digest) {
        (Some(tag), None) => Image(format!("{repository}:{tag}")),
        (None, Some(digest)) => Image(format!("{repository}@{digest}")),
        (Some(_), Some(_)) | (None, None) => {
            pass.findings.malformed(path, "needs a tag or a digest, and not both");
            Image(repository.clone())
        }
    }
}

/// The version that an image is of, as far as its name tells: its tag, or the first digits of its digest.
pub(super) fn version(spec: &ImageSpec) -> &str {
    match (&spec.tag, &spec.digest) {
        (Some(tag), _) => tag,
        (None, Some(digest)) => {
            let digits = digest.rsplit(':').next().unwrap_or_default();
            digits.get(..12).unwrap_or(digits)
        }
        (None, None) => "",
    }
}

/// The name of an image, its tag and its digest.
fn parts(image: &str) -> (&str, &str, &str) {
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag, digest),
        _ => (name, "", digest),
    }
}

fn major(tag: &str) -> &str {
    tag.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

/// The major version of PostgreSQL that an image's tag tells, if it does: other tags are those of our own releases.
pub(super) fn postgres_version(image: &str) -> Option<&str> {
    let (_, tag, _) = parts(image);
    Some(major(tag)).filter(|major| major.len() == 2 && *major >= "14")
}

/// The same image in another version, unless it is pinned or has that version already.
pub(super) fn in_version(image: &str, version: &str) -> String {
    let (repository, tag, digest) = parts(image);
    if major(tag) == version || (tag.is_empty() && !digest.is_empty()) {
        return image.to_owned();
    }
    format!("{repository}:{version}")
}

fn is_repository(text: &str) -> bool {
    let (_, path) = split(text);
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    path.split('/').all(|part| {
        !part.is_empty()
            && part.chars().all(inside)
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
    })
}

/// The registry's host, if one is named, and the path.
fn split(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            (Some(host), path)
        }
        _ => (None, repository),
    }
}

/// The repository with its registry: `postgres` is `docker.io/library/postgres`.
fn in_full(repository: &str) -> String {
    let (host, path) = split(repository);
    let host = host.unwrap_or(DEFAULT_REGISTRY).to_ascii_lowercase();
    match host.as_str() {
        "docker.io" | "index.docker.io" if !path.contains('/') => {
            format!("{DEFAULT_REGISTRY}/library/{path}")
        }
        "docker.io" | "index.docker.io" => format!("{DEFAULT_REGISTRY}/{path}"),
        host => format!("{host}/{path}"),
    }
}

/// Whether an entry of the list, a host or a host and the beginning of a path, covers a repository. Whole parts only:
/// `example.com/team` covers `example.com/team/x`, and neither `example.com/teamx` nor `example.com.evil/team`.
fn covers(entry: &str, repository: &str) -> bool {
    let entry = entry.trim().trim_end_matches('/');
    let (host, path) = entry.split_once('/').unwrap_or((entry, ""));
    let host = match host.to_ascii_lowercase() {
        host if host == "index.docker.io" => DEFAULT_REGISTRY.to_owned(),
        host => host,
    };
    let entry = if path.is_empty() { host } else { format!("{host}/{path}") };
    !entry.is_empty()
        && repository
            .strip_prefix(&entry)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_of_the_library() {
        assert_eq!(in_full("postgres"), "docker.io/library/postgres");
        assert_eq!(in_full("team/server"), "docker.io/team/server");
        assert_eq!(in_full("docker.io/postgres"), "docker.io/library/postgres");
        assert_eq!(in_full("index.docker.io/team/server"), "docker.io/team/server");
        assert_eq!(in_full("localhost/server"), "localhost/server");
        assert_eq!(in_full("Registry.example:5000/a/b"), "registry.example:5000/a/b");
    }

    #[test]
    fn a_registry_covers_whole_parts_only() {
        for (entry, repository) in [
            ("registry.example", "registry.example/a/b"),
            ("registry.example/a", "registry.example/a/b"),
            ("registry.example/a/", "registry.example/a"),
            ("Registry.Example", "registry.example/a"),
            ("docker.io/library", "docker.io/library/postgres"),
            ("index.docker.io", "docker.io/team/server"),
        ] {
            assert!(covers(entry, repository), "{entry} {repository}");
        }
        for (entry, repository) in [
            ("registry.example", "registry.example.evil/a"),
            ("registry.example", "registry.example:5000/a"),
            ("registry.example/a", "registry.example/ab"),
            ("registry.example/a/b", "registry.example/a"),
            ("example", "registry.example/a"),
            ("", "registry.example/a"),
            ("/", "registry.example/a"),
        ] {
            assert!(!covers(entry, repository), "{entry} {repository}");
        }
    }

    #[test]
    fn a_repository_has_neither_tag_nor_digest_nor_scheme() {
        assert!(is_repository("registry.example:5000/team/a-b_c.d") && is_repository("postgres"));
        for not in
            ["", "a:1", "a/b:1", "a@sha256:00", "https://a/b", "a//b", "A/b", "a/", "/a", "a b"]
        {
            assert!(!is_repository(not), "{not}");
        }
    }

    #[test]
    fn another_version_keeps_the_registry_and_drops_the_digest() {
        let postgres = "registry.example:5000/postgres:18.1";
        assert_eq!(in_version(postgres, "18"), postgres);
        assert_eq!(in_version(postgres, "17"), "registry.example:5000/postgres:17");
        assert_eq!(in_version("postgres:18.1@sha256:00", "17"), "postgres:17");
        assert_eq!(in_version("postgres:18@sha256:00", "18"), "postgres:18@sha256:00");
        assert_eq!(
            in_version("registry.example:5000/postgres", "17"),
            "registry.example:5000/postgres:17"
        );
        assert_eq!(in_version("postgres@sha256:00", "17"), "postgres@sha256:00");
    }

    #[test]
    fn a_tag_tells_the_version_of_postgres_unless_it_is_a_release_of_ours() {
        for image in ["postgres:16", "r.example:5000/pg:16.3-bookworm", "pg:16@sha256:00"] {
            assert_eq!(postgres_version(image), Some("16"), "{image}");
        }
        for image in ["todochat/postgres:0.1.0", "pg:2026.11", "pg:latest", "pg", "pg@sha256:16"] {
            assert_eq!(postgres_version(image), None, "{image}");
        }
    }
}
