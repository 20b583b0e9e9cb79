//! What was measured, as one line of JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{json, Value};

use crate::args::{die, Args};

pub fn hist() -> Histogram<u64> { Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("an hour of microseconds to three digits is a range") }

/// Milliseconds.
pub fn pct(h: &Histogram<u64>) -> Value {
    if h.is_empty() { return Value::Null }
    let ms = |v: u64| (v as f64) / 1000.0;
    json!({"n": h.len(), "mean": (h.mean() / 10.0).round() / 100.0, "min": ms(h.min()), "p50": ms(h.value_at_quantile(0.5)),
        "p90": ms(h.value_at_quantile(0.9)), "p99": ms(h.value_at_quantile(0.99)), "max": ms(h.max())})
}

pub fn us(d: Duration) -> u64 { d.as_micros() as u64 }
pub fn r3(x: f64) -> f64 { (x * 1000.0).round() / 1000.0 }

pub fn cpu_report(out: &mut Value, before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>, requests: u64, deltas: u64) {
    for (k, b) in before {
        let d = after[k] - b;
        out["cpu_s"][k] = json!(r3(d));
        if requests > 0 { out["cpu_ms_per_request"][k] = json!(r3(d * 1e3 / requests as f64)) }
        if deltas > 0 { out["cpu_us_per_delta"][k] = json!(r3(d * 1e6 / deltas as f64)) }
    }
}

pub fn finish(a: &Args, mut v: Value) {
    // what other processes took of the machine during the run
    let wall = v["wall_s"].as_f64().or(v["window_s"].as_f64()).unwrap_or(0.0);
    if let (true, Some(busy)) = (wall > 0.0, v["machine"]["busy_pct"].as_f64()) {
        let ours: f64 = v["cpu_s"].as_object().map_or(0.0, |o| o.values().filter_map(|x| x.as_f64()).sum());
        let n = std::thread::available_parallelism().map_or(1, |n| n.get()) as f64;
        v["machine"]["foreign_pct"] = json!(((busy - 100.0 * ours / (n * wall)) * 10.0).round() / 10.0);
    }
    for k in ["label", "scenario", "round"] {
        if let Some(x) = a.opt(k) { v[k] = json!(x) }
    }
    let line = v.to_string();
    println!("{line}");
    if let Some(f) = a.opt("out") {
        use std::io::Write;
        let mut f = std::fs::OpenOptions::new().create(true).append(true).open(f).unwrap_or_else(|e| die(&format!("--out: {e}")));
        let _ = writeln!(f, "{line}");
    }
}
