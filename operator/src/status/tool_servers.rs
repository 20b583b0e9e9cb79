//! `ToolServersVerified`, and what the status says of each tool server.
//!
//! Being there is not enough: a server is verified while its pods are of the newest kind and serve, and a handshake has
//! succeeded and found all that `tools.allow` names.

use super::{Verdict, View, pods};
use crate::{
    conditions::ConditionType,
    crd::{SourceType, ToolServerStatus},
    kinds::Kind,
    names::Part,
    probing::Probe,
    validated::{Runs, ToolServer},
};

/// One tool server, judged.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) required: bool,
    /// Tools that are never called, since nobody can be asked for the approval that they need.
    pub(super) never_called: Vec<String>,
    pub(super) standing: Standing,
    pub(super) status: ToolServerStatus,
}

/// How a tool server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// All that is needed of it is there.
    Verified,
    /// Nothing can be said yet.
    Waiting(&'static str),
    /// Something is wrong.
    Failed { reason: &'static str, message: String },
}

/// What is asked of a tool server.
struct Asked {
    name: String,
    url: String,
    required: bool,
    never_called: Vec<String>,
    runs_here: bool,
}

impl Judged {
    pub(super) fn name(&self) -> &str {
        &self.status.name
    }

    pub(super) fn is_verified(&self) -> bool {
        self.standing == Standing::Verified
    }

    fn says(&self) -> String {
        let said = match &self.standing {
            Standing::Verified => "verified.",
            Standing::Waiting(why) => why,
            Standing::Failed { message, .. } => message,
        };
        format!("{}: {said}", self.name())
    }
}

/// Each of them, in the order of the spec.
pub(super) fn judge_each(view: &View<'_>) -> Vec<Judged> {
    let asked = match view.validated() {
        Some(validated) => validated.tool_servers.iter().map(asked).collect(),
        None => still_there(view),
    };
    asked.into_iter().map(|asked| judge_one(view, asked)).collect()
}

fn asked(server: &ToolServer) -> Asked {
    Asked {
        name: server.name.clone(),
        url: server.url.clone(),
        required: server.required,
        never_called: server.tools.require_approval.clone(),
        runs_here: !matches!(server.runs, Runs::Remote { .. }),
    }
}

/// Where the spec cannot be built: those that it still names of the ones that were built before.
fn still_there(view: &View<'_>) -> Vec<Asked> {
    let known = view.previous().map(|status| status.tool_servers.as_slice()).unwrap_or_default();
    let named = view.spec().tool_servers.iter().filter_map(|server| {
        let known = known.iter().find(|known| known.name == server.name)?;
        Some(Asked {
            name: server.name.clone(),
            url: known.url.clone(),
            required: server.required,
            never_called: server.tools.require_approval.clone(),
            runs_here: server.source.kind != SourceType::Remote,
        })
    });
    named.collect()
}

fn judge_one(view: &View<'_>, asked: Asked) -> Judged {
    let probe = view.input.probes.get(&asked.name);
    let offer = offer(view, &asked, probe);
    let standing = pods_stand(view, &asked)
        .or_else(|| probe_stands(probe))
        .unwrap_or_else(|| before_probing(view, &offer));
    let status = ToolServerStatus { ready: standing == Standing::Verified, ..offer };
    Judged { required: asked.required, never_called: asked.never_called, standing, status }
}

/// What it offers, as it was last said: what has changed while it was away is seen when it is back.
fn offer(view: &View<'_>, asked: &Asked, probe: Option<&Probe>) -> ToolServerStatus {
    let known = view.previous().map(|status| status.tool_servers.as_slice()).unwrap_or_default();
    let known = known.iter().find(|known| known.name == asked.name && known.url == asked.url);
    let nothing = ToolServerStatus {
        name: asked.name.clone(),
        ready: false,
        url: asked.url.clone(),
        protocol_version: None,
        server_version: None,
        tool_count: None,
        tools: Vec::new(),
        tools_hash: None,
    };
    match probe.map(|probe| &probe.outcome) {
        Some(Ok(offer)) => ToolServerStatus {
            protocol_version: Some(offer.protocol_version.clone()),
            server_version: Some(offer.server_version.clone()),
            tool_count: Some(i32::try_from(offer.tool_count).unwrap_or(i32::MAX)),
            tools: offer.tools.clone(),
            tools_hash: Some(offer.tools_hash.clone()),
            ..nothing
        },
        _ => known.cloned().unwrap_or(nothing),
    }
}

/// What stands against a server that runs here even before it is spoken to.
fn pods_stand(view: &View<'_>, asked: &Asked) -> Option<Standing> {
    if !asked.runs_here {
        return None;
    }
    if view.spec().suspended {
        return Some(Standing::Waiting("no pods run while the object is suspended."));
    }
    let part = Part::Tool(asked.name.clone());
    let held = view.is_held(Kind::Deployment, &part);
    if !held && view.world().serves(&part.name(&view.name)) {
        return None;
    }
    if let Some(trouble) = view.trouble(&part) {
        let deployment = format!("deployment/{}", part.name(&view.name));
        return Some(pod_trouble(pods::diagnose(trouble, &view.namespace, &deployment)));
    }
    let workload = view.workload(Kind::Deployment, &part);
    match workload.and_then(|workload| workload.failure.as_ref()) {
        Some(failure) => Some(pod_trouble(pods::refused(failure, &view.namespace))),
        None => Some(Standing::Waiting("its pods are not up yet.")),
    }
}

/// A server without pods is one that no handshake reaches.
fn pod_trouble(diagnosis: pods::Diagnosis) -> Standing {
    let reason = match diagnosis.reason {
        reason @ ("ImagePullFailed" | "CrashLooping") => reason,
        _ => "HandshakeFailed",
    };
    Standing::Failed { reason, message: diagnosis.message }
}

/// What holds until this process has spoken to it: what the one before has found out for the same spec. Whoever uses the chat
/// need not know that the operator has been replaced.
fn before_probing(view: &View<'_>, known: &ToolServerStatus) -> Standing {
    let judged = view.previous_condition(ConditionType::ToolServersVerified);
    let of_this_spec = judged.is_some_and(|one| one.observed_generation == view.generation());
    if known.ready && of_this_spec {
        return Standing::Verified;
    }
    Standing::Waiting("it has not been spoken to yet.")
}

fn probe_stands(probe: Option<&Probe>) -> Option<Standing> {
    Some(match &probe?.outcome {
        Ok(offer) if offer.missing.is_empty() => Standing::Verified,
        Ok(offer) => Standing::Failed {
            reason: "ToolMissing",
            message: format!(
                "it does not offer {}, which tools.allow names.",
                offer.missing.join(", ")
            ),
        },
        Err(error) => Standing::Failed { reason: error.reason(), message: format!("{error}.") },
    })
}

/// `ToolServersVerified`.
pub(super) fn judge(tools: &[Judged]) -> Verdict {
    let mut verdict = verified(tools);
    verdict.message.push_str(&never_called(tools));
    verdict
}

/// The tools for which nobody can be asked: a sentence, if there are any.
fn never_called(tools: &[Judged]) -> String {
    let tools = tools.iter().filter(|tool| !tool.never_called.is_empty());
    let named = tools.map(|tool| format!("{} of {}", tool.never_called.join(", "), tool.name()));
    let named: Vec<String> = named.collect();
    match named[..] {
        [] => String::new(),
        _ => format!(
            " Never called, because this release cannot ask for the approval that tools.requireApproval wants: {}.",
            named.join("; ")
        ),
    }
}

fn verified(tools: &[Judged]) -> Verdict {
    if tools.is_empty() {
        return Verdict::holds("AllVerified", "No tool servers are asked for.");
    }
    let says: Vec<String> =
        tools.iter().filter(|tool| !tool.is_verified()).map(Judged::says).collect();
    let says = says.join(" ");
    let failed = |required: bool| {
        tools.iter().filter(move |tool| tool.required == required).find_map(|tool| {
            match tool.standing {
                Standing::Failed { reason, .. } => Some(reason),
                _ => None,
            }
        })
    };
    if let Some(reason) = failed(true) {
        return Verdict::fails(reason, says);
    }
    let waits = |tool: &Judged| matches!(tool.standing, Standing::Waiting(_));
    if tools.iter().any(waits) {
        return Verdict::unknown("Probing", says);
    }
    match failed(false) {
        Some(_) => Verdict::fails("OptionalUnavailable", says),
        None => Verdict::holds("AllVerified", "All tool servers were spoken to."),
    }
}
