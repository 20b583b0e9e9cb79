//! The processes that are watched, by name, and the generator itself.

use std::collections::BTreeMap;

use crate::args::{die, Args};
use crate::proc;

pub struct Watch(pub Vec<(String, Vec<i32>)>);
impl Watch {
    pub fn new(a: &Args) -> Watch {
        let mut g: Vec<(String, Vec<i32>)> = vec![];
        for w in a.0.get("watch").map(|v| v.as_slice()).unwrap_or(&[]) {
            let (n, p) = w.split_once('=').unwrap_or_else(|| die("--watch NAME=PID"));
            let pid = p.parse().unwrap_or_else(|_| die("--watch NAME=PID"));
            match g.iter_mut().find(|(k, _)| k == n) {
                Some((_, v)) => v.push(pid),
                None => g.push((n.into(), vec![pid])),
            }
        }
        g.push(("loadgen".into(), vec![std::process::id() as i32]));
        Watch(g)
    }
    pub fn cpu(&self) -> BTreeMap<String, f64> {
        let all = proc::table();
        self.0.iter().map(|(n, roots)| (n.clone(), proc::cpu_seconds(&all, roots))).collect()
    }
    pub fn mem(&self) -> BTreeMap<String, proc::Mem> {
        let all = proc::table();
        self.0.iter().map(|(n, roots)| (n.clone(), proc::memory(&all, roots))).collect()
    }
}
