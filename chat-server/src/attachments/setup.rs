//! From flags to where files are kept.

use anyhow::{Context as _, bail};

use super::{
    Rules,
    files::{self, Disk, Files, S3},
};
use crate::{
    config::{AttachmentArgs, AttachmentPlace, S3Addressing, S3Args},
    outgoing::Outgoing,
};

/// Where files are kept and which are taken, if any are.
pub fn open(args: &AttachmentArgs, outgoing: &Outgoing) -> anyhow::Result<Option<(Files, Rules)>> {
    let files = match args.place {
        None | Some(AttachmentPlace::Off) => return Ok(None),
        Some(AttachmentPlace::Disk) => {
            let dir = args.dir.as_deref().context("--attachments disk needs --attachments-dir")?;
            let about = || format!("could not use --attachments-dir {}", dir.display());
            Files::Disk(Disk::open_folder(dir).with_context(about)?)
        }
        Some(AttachmentPlace::S3) => {
            Files::S3(S3::new(bucket(&args.s3)?, outgoing).context("--attachments s3")?)
        }
    };
    if args.types.is_empty() {
        bail!("--attachments-types is empty");
    }
    let rules = Rules { max_size: args.max_size, quota: args.quota, types: args.types.clone() };
    Ok(Some((files, rules)))
}

fn bucket(args: &S3Args) -> anyhow::Result<files::Settings> {
    let needed = |flag: &str| format!("--attachments s3 needs --attachments-s3-{flag}");
    Ok(files::Settings {
        endpoint: args.endpoint.clone().with_context(|| needed("endpoint"))?,
        bucket: args.bucket.clone().with_context(|| needed("bucket"))?,
        region: args.region.clone(),
        prefix: args.prefix.clone(),
        in_host: args.addressing == S3Addressing::Host,
        keys: files::KeyFiles {
            access: args.access_key_file.clone().with_context(|| needed("access-key-file"))?,
            secret: args.secret_key_file.clone().with_context(|| needed("secret-key-file"))?,
        },
    })
}
