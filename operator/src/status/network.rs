//! `NetworkRestricted`: whether NetworkPolicies deny what is not listed.

use super::{Verdict, View};
use crate::{crd::NetworkPolicyMode, kinds::Kind};

pub(super) fn judge(view: &View<'_>) -> Verdict {
    if view.spec().network.policy == NetworkPolicyMode::Disabled {
        return Verdict::fails("DisabledBySpec", "spec.network.policy is Disabled.");
    }
    if view.expected(Kind::NetworkPolicy).is_empty() {
        return Verdict::not_judged();
    }
    let missing = view.missing(Kind::NetworkPolicy);
    if missing.is_empty() {
        return Verdict::holds(
            "PoliciesApplied",
            "The NetworkPolicies are there; that the cluster's network obeys them is its own matter.",
        );
    }
    let missing = missing.join(", ");
    Verdict::unknown(
        super::RECONCILING,
        format!("These NetworkPolicies are not there yet: {missing}."),
    )
}
