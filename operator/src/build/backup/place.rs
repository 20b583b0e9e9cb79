//! Where backups are kept, as the pods that work on them are told.

use super::super::pod::volumes::{self, Mounted};
use crate::validated::{Bucket, Validated};

const FOLDER: &str = "/backup";
const CREDENTIALS: &str = "/etc/todochat/s3";
const CA_FOLDER: &str = "/etc/todochat/s3-ca";
const CA_FILE: &str = "ca.crt";

/// The flags that name a place, and what has to be mounted for it.
pub(super) struct Where {
    pub(super) flags: Vec<String>,
    pub(super) mounted: Vec<Mounted>,
}

impl Where {
    /// On the volume of this claim.
    pub(super) fn volume(claim: &str) -> Self {
        Self {
            flags: vec![format!("--folder={FOLDER}")],
            mounted: vec![volumes::claim("backup", claim, FOLDER)],
        }
    }

    /// In a bucket: its key is a file, in no command line and no environment.
    pub(super) fn bucket(validated: &Validated, bucket: &Bucket) -> Self {
        let Bucket { endpoint, name, prefix, region, virtual_host, secret, keys, ca } = bucket;
        let mut flags = vec![
            format!("--s3-endpoint={endpoint}"),
            format!("--s3-bucket={name}"),
            format!("--s3-prefix={prefix}"),
            format!("--s3-region={region}"),
            format!("--s3-credentials={CREDENTIALS}"),
        ];
        flags.extend(virtual_host.then(|| "--s3-addressing=virtual-host".to_owned()));
        let mut mounted = vec![volumes::secret_entries("s3", secret, keys, CREDENTIALS)];
        flags.push(match ca {
            Some((map, key)) => {
                mounted.push(volumes::config_map("s3-ca", (map, key), CA_FOLDER, CA_FILE));
                format!("--s3-ca-file={CA_FOLDER}/{CA_FILE}")
            }
            // The database's image need not have any.
            None => format!("--s3-ca-file={}/ca-certificates.crt", super::TOOLS),
        });
        let allowed = validated.chat.outgoing_allow.iter();
        flags.extend(allowed.map(|network| format!("--outgoing-allow={network}")));
        Self { flags, mounted }
    }
}
