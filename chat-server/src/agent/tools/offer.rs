//! The tools of all servers as one list for the model.
//!
//! A name that an earlier server has taken already is offered as `<server>__<tool>`. A list is made
//! for one turn and the turn keeps to it: were the names given anew in its middle, because a server
//! came back, a call could go to another server than the model meant.

use std::{collections::HashSet, sync::Arc};

use super::ToolSpec;

/// What model APIs take as the name of a function.
const LONGEST_NAME: usize = 64;

/// What can be called in one turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The tools, in the order of the servers.
    pub specs: Arc<[ToolSpec]>,
    /// The names of the servers whose tools are missing.
    pub away: Vec<String>,
    /// For each tool the place of its server.
    servers: Vec<usize>,
}

/// What one server has to offer; nothing while it is away.
pub(super) struct Listed<'a> {
    pub(super) server: &'a str,
    pub(super) specs: Option<&'a [ToolSpec]>,
}

impl Offer {
    /// The union of what the servers have.
    pub(super) fn of(lists: &[Listed<'_>]) -> Self {
        let mut taken = HashSet::new();
        let (mut specs, mut servers, mut away) = (Vec::new(), Vec::new(), Vec::new());
        for (place, list) in lists.iter().enumerate() {
            let Some(listed) = list.specs else {
                away.push(list.server.to_owned());
                continue;
            };
            for spec in listed {
                let name = free_name(list.server, &spec.own_name, &taken);
                taken.insert(name.clone());
                specs.push(ToolSpec { name, ..spec.clone() });
                servers.push(place);
            }
        }
        Self { specs: specs.into(), away, servers }
    }

    /// The tool that is offered under `name`, and the place of its server.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &ToolSpec)> {
        let place = self.specs.iter().position(|spec| spec.name == name)?;
        Some((self.servers[place], &self.specs[place]))
    }
}

/// The tool's own name if it is free and will do; with its server's before it otherwise.
fn free_name(server: &str, tool: &str, taken: &HashSet<String>) -> String {
    let own = presentable(tool, "");
    if !taken.contains(&own) {
        return own;
    }
    let full = format!("{server}__{tool}");
    let mut name = presentable(&full, "");
    let mut count = 2;
    while taken.contains(&name) {
        name = presentable(&full, &format!("_{count}"));
        count += 1;
    }
    name
}

/// `name` in the letters that model APIs take, cut so that `end` fits.
fn presentable(name: &str, end: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let mut name: String = name.chars().map(fit).take(LONGEST_NAME - end.len()).collect();
    name.push_str(end);
    name
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn specs(names: &[&str]) -> Vec<ToolSpec> {
        let spec = |name: &&str| ToolSpec {
            name: (*name).to_owned(),
            own_name: (*name).to_owned(),
            description: String::new(),
            parameters: Value::Null,
            read_only: false,
            destructive: false,
        };
        names.iter().map(spec).collect()
    }

    fn offer(lists: &[(&str, Option<&[&str]>)]) -> Offer {
        let lists: Vec<_> =
            lists.iter().map(|(server, names)| (*server, names.map(specs))).collect();
        let lists: Vec<_> = lists
            .iter()
            .map(|(server, specs)| Listed { server, specs: specs.as_deref() })
            .collect();
        Offer::of(&lists)
    }

    fn names(offer: &Offer) -> Vec<&str> {
        offer.specs.iter().map(|spec| spec.name.as_str()).collect()
    }

    #[test]
    fn the_second_server_with_a_name_has_its_own_before_it() {
        let offer = offer(&[
            ("todo", Some(&["add", "list"])),
            ("shop", Some(&["add", "pay"])),
            ("third", Some(&["add"])),
        ]);
        assert_eq!(names(&offer), ["add", "list", "shop__add", "pay", "third__add"]);
        let (server, spec) = offer.find("shop__add").unwrap();
        assert_eq!((server, spec.own_name.as_str()), (1, "add"));
        assert_eq!(offer.find("add").unwrap().0, 0);
        assert_eq!(offer.find("todo__add"), None);
    }

    #[test]
    fn the_tools_of_a_server_that_is_away_are_missing() {
        let offer = offer(&[("todo", None), ("shop", Some(&["add"])), ("maps", None)]);
        assert_eq!(names(&offer), ["add"]);
        assert_eq!(offer.away, ["todo", "maps"]);
        assert_eq!(offer.find("add").unwrap().0, 1);
    }

    #[test]
    fn names_are_such_as_model_apis_take_and_never_the_same() {
        let long = "x".repeat(80);
        let same = [long.as_str(), long.as_str(), long.as_str()];
        let offer = offer(&[("todo", Some(&["git.hub/add issue", "é"])), ("shop", Some(&same))]);
        let names = names(&offer);
        assert_eq!(names[..2], ["git_hub_add_issue", "_"]);
        assert!(names.iter().all(|name| name.len() <= LONGEST_NAME), "{names:?}");
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert!(names[3].starts_with("shop__xxx") && names[4].ends_with("_2"), "{names:?}");
        assert_eq!(offer.specs[4].own_name, long);
    }

    #[test]
    fn a_name_that_looks_like_anothers_is_still_its_own() {
        let offer = offer(&[("todo", Some(&["add", "shop__add"])), ("shop", Some(&["add"]))]);
        assert_eq!(names(&offer), ["add", "shop__add", "shop__add_2"]);
        assert_eq!(offer.find("shop__add_2").unwrap().0, 1);
    }
}
