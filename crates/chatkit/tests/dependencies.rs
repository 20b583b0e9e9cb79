//! What this package may depend on: it is for anyone, so it brings no database, no model and nothing
//! of the application that it was made for.

/// The manifest's tables of dependencies, with the names in each.
fn dependencies() -> Vec<(String, Vec<String>)> {
    let manifest = include_str!("../Cargo.toml");
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            tables.push((table.to_owned(), Vec::new()));
        } else if let Some((name, _)) = line.split_once(['.', '=', ' '])
            && let Some((_, names)) = tables.last_mut()
            && !name.starts_with('#')
        {
            names.push(name.to_owned());
        }
    }
    tables.retain(|(table, _)| table.ends_with("dependencies"));
    tables
}

#[test]
fn nothing_of_ours_no_database_and_no_vendor_is_brought_along() {
    let tables = dependencies();
    let (_, names) = tables.iter().find(|(table, _)| table == "dependencies").unwrap();
    let known = [
        "axum",
        "base64",
        "bytes",
        "chrono",
        "futures-util",
        "minijinja",
        "serde",
        "serde_json",
        "serde_path_to_error",
        "sha2",
        "thiserror",
        "tokio",
        "tokio-util",
        "tracing",
        "ts-rs",
    ];
    let unknown: Vec<_> = names.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}: new to this package, and is it for anyone?");
}

#[test]
fn its_own_tests_need_nothing_of_ours_either() {
    for (table, names) in dependencies() {
        for name in names {
            let is_foreign =
                ["todochat", "sqlx", "async-openai"].iter().any(|no| name.starts_with(no));
            assert!(!is_foreign, "{table} has {name}");
        }
    }
}
