//! What stands beside a dump: enough to know, before anything is touched, whether it can be restored here, and afterwards
//! whether all of it came back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is known of a dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When it was taken.
    pub taken: DateTime<Utc>,
    /// The newest migration that had run: a program that does not know it must not restore the dump.
    pub schema: i64,
    /// The server's major version.
    pub postgres: u32,
    /// How long the dump is, in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// How many rows each table had, in the snapshot that was dumped.
    pub tables: BTreeMap<String, i64>,
    /// The roles that the dump may name. They are no part of a dump, and made where they are missing.
    pub roles: BTreeSet<String>,
}

impl Manifest {
    /// The first table whose rows are not as many as they were, with both numbers.
    pub fn difference(&self, found: &BTreeMap<String, i64>) -> Option<(String, i64, i64)> {
        let names: BTreeSet<_> = self.tables.keys().chain(found.keys()).collect();
        names.into_iter().find_map(|table| {
            let count = |tables: &BTreeMap<String, i64>| tables.get(table).copied().unwrap_or(-1);
            let (was, is) = (count(&self.tables), count(found));
            (was != is).then(|| (table.clone(), was, is))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(rows: &[(&str, i64)]) -> BTreeMap<String, i64> {
        rows.iter().map(|&(table, count)| (table.to_owned(), count)).collect()
    }

    fn manifest() -> Manifest {
        Manifest {
            taken: "2026-11-21T03:00:00Z".parse().unwrap(),
            schema: 20_261_121_000_100,
            postgres: 15,
            bytes: 4,
            sha256: "00".repeat(32),
            tables: tables(&[("public.tasks", 2), ("public.users", 1)]),
            roles: ["todochat_app".to_owned()].into(),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let text = serde_json::to_string(&manifest()).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest());
    }

    #[test]
    fn a_table_with_more_or_fewer_rows_and_one_too_many_or_too_few_are_told() {
        let manifest = manifest();
        let same = tables(&[("public.tasks", 2), ("public.users", 1)]);
        assert_eq!(manifest.difference(&same), None);
        let fewer = tables(&[("public.tasks", 1), ("public.users", 1)]);
        assert_eq!(manifest.difference(&fewer), Some(("public.tasks".to_owned(), 2, 1)));
        let lost = tables(&[("public.tasks", 2)]);
        assert_eq!(manifest.difference(&lost), Some(("public.users".to_owned(), 1, -1)));
        let mut more = same;
        more.insert("public.extra".to_owned(), 0);
        assert_eq!(manifest.difference(&more), Some(("public.extra".to_owned(), -1, 0)));
    }
}
