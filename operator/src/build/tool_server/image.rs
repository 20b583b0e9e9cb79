//! A tool server that people bring: an image that serves MCP over HTTP.

use k8s_openapi::api::core::v1::{Container, EnvVar};

use super::{
    super::pod::{self, probes, volumes},
    Program, Running, Token,
};
use crate::validated::Validated;

/// Tells the server where the token is that callers have to show.
const TOKEN_FILE: &str = "TODOCHAT_TOKEN_FILE";

pub(super) fn program(
    running: &Running<'_>,
    validated: &Validated,
    command: &[String],
    args: &[String],
) -> Program {
    let token = running.token(&validated.owner.name);
    let tell = token.iter().map(|token| EnvVar {
        name: TOKEN_FILE.to_owned(),
        value: Some(token.file()),
        value_from: None,
    });
    let container = running.container();
    let env: Vec<_> = tell.chain(container.env.clone().unwrap_or_default()).collect();
    Program {
        init: None,
        container: probes::connect(Container {
            command: pod::some(command.to_vec()),
            args: pod::some(args.to_vec()),
            env: pod::some(env),
            ..container
        }),
        mounted: [volumes::tmp()].into_iter().chain(token.iter().map(Token::mounted)).collect(),
        own_secrets: token.into_iter().map(|token| token.secret).collect(),
        followed: Vec::new(),
    }
}
