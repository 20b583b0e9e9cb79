//! `--name value` arguments, each of which may be given more than once.

use std::collections::HashMap;

pub struct Args(pub HashMap<String, Vec<String>>);
impl Args {
    pub fn parse(it: impl Iterator<Item = String>) -> Args {
        let mut m: HashMap<String, Vec<String>> = HashMap::new();
        let mut key = None;
        for a in it {
            match (a.strip_prefix("--"), key.take()) {
                (Some(k), None) => key = Some(k.to_string()),
                (Some(k), Some(prev)) => {
                    m.entry(prev).or_default().push("1".into());
                    key = Some(k.to_string());
                }
                (None, Some(k)) => m.entry(k).or_default().push(a),
                (None, None) => die(&format!("unexpected argument {a}")),
            }
        }
        if let Some(k) = key {
            m.entry(k).or_default().push("1".into());
        }
        Args(m)
    }
    pub fn opt(&self, k: &str) -> Option<&str> { self.0.get(k).and_then(|v| v.last()).map(|s| s.as_str()) }
    pub fn get<'a>(&'a self, k: &str, d: &'a str) -> &'a str { self.opt(k).unwrap_or(d) }
    pub fn num<T: std::str::FromStr>(&self, k: &str, d: T) -> T {
        match self.opt(k) {
            None => d,
            Some(v) => v.parse().unwrap_or_else(|_| die(&format!("--{k} {v}: not a number"))),
        }
    }
}

pub fn die(msg: &str) -> ! {
    eprintln!("loadgen: {msg}");
    std::process::exit(2)
}
