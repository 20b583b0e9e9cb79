//! What the operator asked of the server, as the server wrote it down.

use todochat_tests::cluster::{Asked, Mark};

use super::Scene;

impl Scene<'_> {
    /// Now.
    pub(crate) fn mark(&self) -> Mark {
        self.server.audit().mark()
    }

    /// All that it asked since then, its Lease excepted.
    pub(crate) fn asked(&self, since: Mark) -> Vec<Asked> {
        let asked = self.server.audit().since(since).into_iter();
        asked.filter(|asked| asked.user == self.who && asked.resource != "leases").collect()
    }

    /// What it wrote since then, Events excepted, in that order.
    pub(crate) fn writes(&self, since: Mark) -> Vec<Asked> {
        let asked = self.asked(since).into_iter();
        asked.filter(|asked| is_write(asked) && asked.resource != "events").collect()
    }

    /// What it wrote since it was started.
    pub(crate) fn all_writes(&self) -> Vec<Asked> {
        self.writes(self.began)
    }
}

fn is_write(asked: &Asked) -> bool {
    let asks = matches!(asked.verb.as_str(), "get" | "list" | "watch");
    !asks && !asked.resource.ends_with("reviews") // these are questions too
}
