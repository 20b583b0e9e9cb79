//! Compresses `web/dist` and writes the table that `src/web/asset.rs` includes.
//!
//! The web app is built with Node and committed, so that `cargo build` needs no Node. Without it the
//! build warns and serves a placeholder page.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>todochat</title>\
    <p>The web app is not part of this build. Build it with <code>make web</code>.</p></html>\n";

fn main() -> io::Result<()> {
    // Not `env!`: that of the checkout in which this script was compiled stays in it when checkouts share a target folder.
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts");
    let dist = Path::new(&package).join("../web/dist");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"));
    println!("cargo::rerun-if-changed=../web/dist");
    let mut files = Vec::new();
    walk(&dist, "", &mut files)?;
    if !files.iter().any(|(path, _)| path == "/index.html") {
        println!(
            "cargo::warning=web/dist/index.html is missing: serving a placeholder page; run `make web`"
        );
        files.push(("/index.html".to_owned(), PLACEHOLDER.into()));
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (number, (path, bytes)) in files.iter().enumerate() {
        table.push_str(&entry(&out, number, path, bytes)?);
    }
    table.push_str("]\n");
    fs::write(out.join("assets.rs"), table)
}

/// Collects the files below `folder` with their paths on the server. A folder that does not exist
/// is an empty one.
fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry?;
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &path, files)?;
        } else if path != "/MANIFEST" {
            files.push((path, fs::read(entry.path())?));
        }
    }
    Ok(())
}

/// One `Asset { .. }`, its encodings written beside the table.
fn entry(out: &Path, number: usize, path: &str, bytes: &[u8]) -> io::Result<String> {
    let (mime, text) = mime(path);
    let plain = encoding(out, &format!("{number}"), bytes)?;
    let (brotli, gzip) = if text && bytes.len() > 512 {
        (
            format!("Some({})", encoding(out, &format!("{number}.br"), &brotli(bytes)?)?),
            format!("Some({})", encoding(out, &format!("{number}.gz"), &gzip(bytes)?)?),
        )
    } else {
        ("None".to_owned(), "None".to_owned())
    };
    let immutable = path.starts_with("/assets/");
    Ok(format!(
        "Asset {{ path: {path:?}, mime: {mime:?}, immutable: {immutable}, \
         plain: {plain}, brotli: {brotli}, gzip: {gzip} }},\n"
    ))
}

/// One `Encoded { .. }`. Its tag is of the encoded bytes, so each encoding has its own.
fn encoding(out: &Path, name: &str, bytes: &[u8]) -> io::Result<String> {
    let file = format!("asset-{name}");
    fs::write(out.join(&file), bytes)?;
    let mut tag = String::new();
    for byte in &Sha256::digest(bytes)[..12] {
        write!(tag, "{byte:02x}").expect("a String takes every write");
    }
    Ok(format!("Encoded {{ bytes: include_bytes!({file:?}), etag: \"\\\"{tag}\\\"\" }}"))
}

/// The media type by the file's ending, and whether it is text worth compressing.
fn mime(path: &str) -> (&'static str, bool) {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => ("text/html; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "svg" => ("image/svg+xml", true),
        "json" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "png" => ("image/png", false),
        "woff2" => ("font/woff2", false),
        _ => ("application/octet-stream", false),
    }
}

fn brotli(mut bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        size_hint: bytes.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut bytes, &mut out, &params)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
