//! The chat server's flags. Those of its `config.rs`: `tests/conformance/child_args.rs` has its own parser read them.

use super::{
    super::{flags, login},
    files,
};
use crate::validated::{Chat, Model, Validated};

/// All of them. No secret is among them: they name files.
pub(super) fn args(validated: &Validated) -> Vec<String> {
    let chat = &validated.chat;
    let mut args = vec![
        "--listen=0.0.0.0:8080".to_owned(),
        "--admin-listen=0.0.0.0:9090".to_owned(),
        flags::ONE_ADDRESS_IS_MANY.to_owned(),
        format!("--public-url={}", chat.public_url),
        format!("--database-url-file={}", login::SERVER_URL),
        // Its login may not: a Job has done it.
        "--migrate=false".to_owned(),
        format!("--signing-keys-file={}", files::SIGNING_KEYS),
        format!("--tool-servers-file={}", files::TOOL_SERVERS),
        format!("--max-streams={}", chat.max_streams),
        format!("--heartbeat={}", flags::duration(chat.heartbeat)),
        format!("--shutdown-grace={}", flags::duration(chat.drain)),
    ];
    args.extend(login::may_sleep(&validated.database.runs).map(str::to_owned));
    args.extend(accounts(chat));
    args.extend(chat.model.iter().flat_map(model));
    args.extend(files::prompt(chat).map(|file| format!("--system-prompt-file={file}")));
    args.extend(chat.outgoing_allow.iter().map(|network| format!("--outgoing-allow={network}")));
    args
}

fn accounts(chat: &Chat) -> Vec<String> {
    let mut args = vec![format!("--signup={}", chat.signup)];
    if chat.invite_codes.is_some() {
        args.push(format!("--invite-codes-file={}", files::INVITE_CODES));
    }
    if chat.issuers.is_some() {
        args.push(format!("--issuers-file={}", files::ISSUERS));
        args.push("--builtin-accounts=false".to_owned());
    }
    args
}

fn model(model: &Model) -> Vec<String> {
    let Model { base_url, name, api, api_key } = model;
    let mut args = vec![format!("--model-name={name}"), format!("--model-api={api}")];
    args.extend(base_url.iter().map(|url| format!("--model-base-url={url}")));
    args.extend(api_key.iter().map(|_| format!("--model-api-key-file={}", files::MODEL_KEY)));
    args
}
