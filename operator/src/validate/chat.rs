//! The chat server's part.

use super::{
    Pass, environment::environment, exposure, images, issuers::issuers, lookup::inputs, model,
    pods, resources, scaling,
};
use crate::{
    crd::{AuthSpec, AuthType, ChatSpec, SecretKeyReference, Signup},
    references::Reader,
    validated::{Chat, Exposure, Image, SecretFile},
};

/// The chat server.
pub(super) fn chat(pass: &mut Pass<'_>, exposure: Option<&Exposure>) -> Chat {
    let spec = &pass.spec.chat;
    let auth = &spec.auth;
    let prompt = spec.model.as_ref().and_then(|model| model.system_prompt.as_ref());
    Chat {
        image: image(pass, spec),
        replicas: scaling::replicas(pass, spec),
        autoscaling: scaling::autoscaler(pass, spec),
        model: spec.model.as_ref().map(|spec| model::model(pass, spec)),
        system_prompt: prompt.and_then(|spec| model::prompt(pass, spec)),
        signup: signup(pass, auth, exposure.is_some()),
        invite_codes: invite_codes(pass, auth),
        issuers: (auth.kind == AuthType::Jwks).then(|| issuers(pass, &auth.issuers)),
        public_url: exposure::public_url(&pass.owner, exposure),
        outgoing_allow: pass.settings.outgoing_allow.clone(),
        max_streams: spec.streaming.max_streams_per_pod,
        drain: pass.time("spec.chat.streaming.drainTimeout", &spec.streaming.drain_timeout),
        heartbeat: pass.time("spec.chat.streaming.heartbeat", &spec.streaming.heartbeat),
        env: environment(pass, "spec.chat.env", &spec.env),
        resources: resources::resources(
            pass,
            "spec.chat.resources",
            &spec.resources,
            &resources::SERVER,
        ),
        pod: pods::options(pass, "spec.chat.pod", &spec.pod),
        inputs: inputs(pass, Reader::Chat),
    }
}

fn image(pass: &mut Pass<'_>, spec: &ChatSpec) -> Image {
    match &spec.image {
        Some(image) => images::image(pass, "spec.chat.image", image),
        None => Image(pass.settings.images.chat_server.clone()),
    }
}

/// `--signup`. A chat that can be reached from outside does not take in everybody unless somebody has said so.
fn signup(pass: &mut Pass<'_>, auth: &AuthSpec, exposed: bool) -> &'static str {
    match (auth.kind, auth.signup) {
        (AuthType::Jwks, _) | (AuthType::GeneratedKey, Some(Signup::Disabled)) => "disabled",
        (AuthType::GeneratedKey, Some(Signup::Invite)) => "invite",
        (AuthType::GeneratedKey, Some(Signup::Open)) => "open",
        (AuthType::GeneratedKey, None) => {
            if exposed {
                let rule = "an exposed chat needs this said: Open, Invite or Disabled";
                pass.findings.malformed("spec.chat.auth.signup", rule);
            }
            "open"
        }
    }
}

fn invite_codes(pass: &mut Pass<'_>, auth: &AuthSpec) -> Option<SecretFile> {
    let invites = auth.kind == AuthType::GeneratedKey && auth.signup == Some(Signup::Invite);
    if invites && auth.invite_codes.is_none() {
        let rule = "signup Invite needs inviteCodes, the name and key of a Secret's entry";
        pass.findings.malformed("spec.chat.auth.inviteCodes", rule);
    }
    auth.invite_codes.as_ref().filter(|_| invites).map(SecretFile::from)
}

impl From<&SecretKeyReference> for SecretFile {
    fn from(entry: &SecretKeyReference) -> Self {
        Self { secret: entry.name.clone(), key: entry.key.clone() }
    }
}
