//! What is wrong with pods, in words that stay the same while it stays the same: no pod's name, no counters.

use crate::world::Trouble;

/// The longest foreign text in a message.
const LONGEST: usize = 300;

/// What is wrong with the pods of one part: the reason in one word, and a sentence with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Diagnosis {
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// Of several troubles the one that is told: what a person must mend comes first, then by its text.
pub(super) fn rank(trouble: &Trouble) -> (u8, &str, i32) {
    match trouble {
        Trouble::ImagePull { image, .. } => (0, image, 0),
        Trouble::CannotStart { container, .. } => (1, container, 0),
        Trouble::OutOfMemory { container } => (2, container, 0),
        Trouble::CrashLoop { container, exit_code } => (3, container, *exit_code),
        Trouble::Unschedulable { message } => (4, message, 0),
    }
}

/// `trouble` of the pods that `workload` (`deployment/team-a-chat`) makes in `namespace`.
pub(super) fn diagnose(trouble: &Trouble, namespace: &str, workload: &str) -> Diagnosis {
    let (reason, message) = match trouble {
        Trouble::ImagePull { container, image } => (
            "ImagePullFailed",
            format!(
                "The image {image} of container {container} cannot be pulled; check its name and spec.imagePullSecrets."
            ),
        ),
        Trouble::CrashLoop { container, exit_code } => (
            "CrashLooping",
            format!(
                "Container {container} ends with exit code {exit_code}; see `kubectl logs -n {namespace} {workload} -c {container} --previous`."
            ),
        ),
        Trouble::OutOfMemory { container } => (
            "CrashLooping",
            format!(
                "Container {container} needs more memory than its limit and is killed; raise its limit in the spec's resources."
            ),
        ),
        Trouble::CannotStart { container, reason } => (
            "CrashLooping",
            format!(
                "Container {container} cannot be started ({reason}); see `kubectl describe -n {namespace} {workload}` and its pods' events."
            ),
        ),
        Trouble::Unschedulable { message } => {
            ("Unschedulable", format!("No node takes the pods: {}.", scheduling(message)))
        }
    };
    Diagnosis { reason, message }
}

/// Why no pods can be made, from the words of the controller that should make them.
pub(super) fn refused(failure: &str, namespace: &str) -> Diagnosis {
    if let Some((_, quota)) = failure.split_once("exceeded quota: ") {
        let quota = quota.split([',', ' ']).next().unwrap_or_default();
        let message = format!(
            "The quota {quota} leaves no room for the pods; see `kubectl describe quota -n {namespace} {quota}`."
        );
        return Diagnosis { reason: "QuotaExceeded", message };
    }
    if let Some(at) = failure.find("violates PodSecurity") {
        let message = format!("The namespace refuses the pods: it {}.", shortened(&failure[at..]));
        return Diagnosis { reason: "PodSecurityDenied", message };
    }
    // What comes before names a pod that never came to be, another one each time.
    let why = failure.rsplit_once(" is forbidden: ").map_or("", |(_, why)| why);
    let message = match why {
        "" => "The pods cannot be made; see the events of its ReplicaSets.".to_owned(),
        why => format!("The pods cannot be made: {}.", shortened(why)),
    };
    Diagnosis { reason: "RollingOut", message }
}

/// The scheduler's reasons without its counts of nodes, which move with the cluster.
fn scheduling(message: &str) -> String {
    let reasons = message.split_once("available: ").map_or(message, |(_, reasons)| reasons);
    let reasons = reasons.split(" preemption:").next().unwrap_or_default();
    let uncounted = |reason: &str| {
        reason.trim_start_matches(|c: char| c.is_ascii_digit() || c == '/').trim().to_owned()
    };
    let reasons = reasons.trim_end_matches(['.', ' ']).split(", ");
    let mut reasons: Vec<String> = reasons.map(|reason| uncounted(reason.trim())).collect();
    reasons.sort();
    reasons.dedup();
    shortened(&reasons.join(", "))
}

/// Somebody else's text on one line, cut where it is too long, without a full stop.
pub(super) fn shortened(text: &str) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.trim_end_matches(['.', ' ']).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_scheduler_counts_is_left_out() {
        let of = |message: &str| {
            let trouble = Trouble::Unschedulable { message: message.into() };
            diagnose(&trouble, "a", "deployment/x").message
        };
        let one = "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}. preemption: 0/3 nodes are available: 3 No preemption victims found.";
        let other =
            "0/4 nodes are available: 3 node(s) had untolerated taint {a: b}, 1 Insufficient cpu.";
        assert_eq!(of(one), of(other));
        assert_eq!(
            of(one),
            "No node takes the pods: Insufficient cpu, node(s) had untolerated taint {a: b}."
        );
    }

    #[test]
    fn the_pod_that_a_quota_refused_is_not_named() {
        let failure = "pods \"a-chat-5d4f-x7k2p\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=3, limited: pods=3";
        let diagnosis = refused(failure, "team-a");
        assert_eq!(diagnosis.reason, "QuotaExceeded");
        assert_eq!(
            diagnosis.message,
            "The quota small leaves no room for the pods; see `kubectl describe quota -n team-a small`."
        );
    }

    #[test]
    fn pod_security_says_what_it_misses() {
        let failure = "pods \"a-chat-5d4f-x7k2p\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true";
        let diagnosis = refused(failure, "team-a");
        assert_eq!(diagnosis.reason, "PodSecurityDenied");
        assert!(diagnosis.message.contains("runAsNonRoot") && !diagnosis.message.contains("x7k2p"));
    }

    #[test]
    fn another_refusal_is_told_without_the_pod() {
        let diagnosis = refused("pods \"a-x7k2p\" is forbidden: no such account", "team-a");
        assert_eq!(diagnosis.message, "The pods cannot be made: no such account.");
        assert!(!refused("failed to make a-x7k2p", "team-a").message.contains("x7k2p"));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let cut = shortened(&"ü".repeat(1000));
        assert_eq!(cut.chars().count(), LONGEST + 1);
        assert_eq!(shortened("one\ntwo. "), "one two");
    }
}
