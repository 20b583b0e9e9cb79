//! Whether all that the object becomes can be named. The schema says so already; here it is said again, because a name that
//! is too long or taken twice would be found only when something is half built.

use std::collections::BTreeSet;

use super::{Pass, syntax::is_service_name};
use crate::names::Part;

/// The longest name that leaves room for `-migrate-` and a version of 14 characters within 63.
const LONGEST_OBJECT: usize = 40;

/// Refuses names that cannot be.
pub(super) fn check(pass: &mut Pass<'_>) {
    let object = pass.owner.name.clone();
    if !is_service_name(&object) || object.len() > LONGEST_OBJECT {
        let rule = "must be at most 40 lowercase letters, digits and dashes and begin with a letter: \
                    all that belongs to the object is named after it";
        pass.findings.malformed("metadata.name", rule);
    }
    let mut seen = BTreeSet::new();
    for server in &pass.spec.tool_servers {
        let (path, name) = (format!("spec.toolServers[{}]", server.name), &server.name);
        if !seen.insert(name) {
            pass.findings.collision(&path, "two tool servers have this name; rename one");
        }
        check_tool_server(pass, &path, &object, name);
    }
}

fn check_tool_server(pass: &mut Pass<'_>, path: &str, object: &str, server: &str) {
    let name = Part::Tool(server.to_owned()).name(object);
    if !is_service_name(server) {
        let rule = "must be lowercase letters, digits and dashes and begin with a letter";
        pass.findings.malformed(path, rule);
    } else if name.len() > 63 {
        let problem =
            format!("its objects would be named `{name}`, which is more than 63 characters");
        pass.findings.malformed(path, problem);
    }
}
