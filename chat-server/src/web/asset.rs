//! The files of the web app, as `build.rs` compressed them.

/// One file.
pub(super) struct Asset {
    /// Where it is served.
    pub(super) path: &'static str,
    /// Its media type.
    pub(super) mime: &'static str,
    /// Whether its name holds a hash of its content, so that it never changes.
    pub(super) immutable: bool,
    /// As it is.
    pub(super) plain: Encoded,
    /// In brotli; small files and images have none.
    pub(super) brotli: Option<Encoded>,
    /// In gzip; small files and images have none.
    pub(super) gzip: Option<Encoded>,
}

/// One encoding of a file.
pub(super) struct Encoded {
    /// What is sent.
    pub(super) bytes: &'static [u8],
    /// Its strong entity tag, quotes included.
    pub(super) etag: &'static str,
}

/// All files, by path.
pub(super) static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file served at `path`.
pub(super) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use sha2::{Digest as _, Sha256};

    use super::*;

    /// What `web/build.mjs` counts as an input, tests and their fixtures left out.
    const INPUTS: [&str; 6] =
        ["app", "build.mjs", "element", "package-lock.json", "package.json", "tsconfig.json"];

    /// Adds the `sha256sum` lines of the inputs at `path`.
    fn digest(web: &Path, path: &Path, lines: &mut BTreeSet<String>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                digest(web, &entry.unwrap().path(), lines);
            }
            return;
        }
        let name = path.strip_prefix(web).unwrap().to_str().unwrap();
        if !name.contains(".test.ts") && !name.contains("/testing/") {
            let hash = Sha256::digest(fs::read(path).unwrap());
            let hash = hash.iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
            lines.insert(format!("{hash}  {name}"));
        }
    }

    #[test]
    fn the_committed_web_app_is_built_from_the_sources_beside_it() {
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web");
        let mut sources = BTreeSet::new();
        for input in INPUTS {
            digest(&web, &web.join(input), &mut sources);
        }
        let manifest = fs::read_to_string(web.join("dist/MANIFEST")).unwrap();
        let built: BTreeSet<String> = manifest.lines().map(str::to_owned).collect();
        let stale: Vec<_> = sources.symmetric_difference(&built).collect();
        assert!(stale.is_empty(), "web/dist is stale, run `make web` and commit it: {stale:#?}");
    }

    #[test]
    fn every_script_and_sheet_but_the_stable_one_has_a_hash_in_its_name() {
        let code = ["text/javascript; charset=utf-8", "text/css; charset=utf-8"];
        for asset in ASSETS.iter().filter(|asset| code.contains(&asset.mime)) {
            assert_eq!(asset.immutable, asset.path != "/chatkit.js", "{}", asset.path);
        }
    }

    #[test]
    fn each_encoding_has_its_own_tag() {
        for asset in ASSETS {
            let tags: Vec<_> = [Some(&asset.plain), asset.brotli.as_ref(), asset.gzip.as_ref()]
                .into_iter()
                .flatten()
                .map(|encoded| encoded.etag)
                .collect();
            let distinct: BTreeSet<_> = tags.iter().collect();
            assert_eq!(tags.len(), distinct.len(), "{}", asset.path);
        }
    }
}
