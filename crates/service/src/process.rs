//! What a program takes of its machine: memory, how much of it it may have, and processor time.
//!
//! Read when somebody asks. Whoever may run out of memory sees both numbers side by side, without
//! another exporter.

use std::fs;

use prometheus::{
    Counter, IntGauge, Opts, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

/// The parts of a second in which the kernel counts processor time for programs, on every Linux.
const TICKS: f64 = 100.0;
/// What cgroup v1 says where nothing is limited is a little less than the largest number.
const NO_LIMIT: i64 = 1 << 60;
/// Where a container sees its own limit: cgroup v2, and v1.
const LIMITS: [&str; 2] =
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

struct Process {
    memory: IntGauge,
    limit: IntGauge,
    cpu: Counter,
}

/// Registers the metrics of this process with names that begin with `prefix`.
pub fn register(registry: &Registry, prefix: &str) -> Result<(), prometheus::Error> {
    let opts = |name: &str, help: &str| Opts::new(format!("{prefix}_process_{name}"), help);
    registry.register(Box::new(Process {
        memory: IntGauge::with_opts(opts("resident_memory_bytes", "Memory of the process."))?,
        limit: IntGauge::with_opts(opts(
            "memory_limit_bytes",
            "Memory that the container may have; 0 if that is not limited.",
        ))?,
        cpu: Counter::with_opts(opts("cpu_seconds_total", "Processor time of the process."))?,
    }))
}

impl Process {
    fn read(&self) {
        let read = |path: &str| fs::read_to_string(path).ok();
        if let Some(bytes) = read("/proc/self/status").as_deref().and_then(resident_bytes) {
            self.memory.set(bytes);
        }
        let limit = LIMITS.iter().find_map(|path| read(path));
        self.limit.set(limit.as_deref().map_or(0, limit_bytes));
        if let Some(seconds) = read("/proc/self/stat").as_deref().and_then(cpu_seconds) {
            self.cpu.inc_by((seconds - self.cpu.get()).max(0.0));
        }
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        [self.memory.desc(), self.limit.desc(), self.cpu.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        [self.memory.collect(), self.limit.collect(), self.cpu.collect()].concat()
    }
}

fn resident_bytes(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn limit_bytes(limit: &str) -> i64 {
    limit.trim().parse().ok().filter(|&bytes| bytes < NO_LIMIT).unwrap_or(0)
}

/// The name, which may hold anything, is in brackets; user and system time are the 12th and 13th
/// field after it.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11).map(str::parse::<f64>);
    Some((times.next()?.ok()? + times.next()?.ok()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn the_three_are_there_from_the_first_look() {
        let registry = Registry::new();
        register(&registry, "todochat_chat").unwrap();
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for name in ["resident_memory_bytes", "memory_limit_bytes", "cpu_seconds_total"] {
            assert!(text.contains(&format!("\ntodochat_chat_process_{name} ")), "{text}");
        }
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("todochat_chat_process_resident_memory_bytes "));
        assert!(line.unwrap().parse::<f64>().unwrap() > 1e6);
    }

    #[test]
    fn no_limit_is_zero() {
        assert_eq!(limit_bytes("268435456\n"), 268_435_456);
        assert_eq!(limit_bytes("max\n"), 0);
        assert_eq!(limit_bytes("9223372036854771712\n"), 0);
    }

    #[test]
    fn the_name_of_the_program_may_hold_brackets_and_blanks() {
        let stat = "7 (a) b ) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds("7 (a"), None);
    }
}
