//! What is counted about the way to the database: how long callers wait for it, and the connections.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntGauge, IntGaugeVec, Opts, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use crate::{database::Pools, seats::Seats};

const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Counted where transactions begin.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    wait: Histogram,
    failures: IntCounter,
}

/// Read when somebody asks.
pub(crate) struct Connections {
    pools: Pools,
    /// Whose resting connections are idle too.
    seats: [Seats; 2],
    held: IntGaugeVec,
    most: IntGauge,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry, prefix: &str) -> Result<Self, prometheus::Error> {
        let wait = HistogramOpts::new(
            format!("{prefix}_database_wait_seconds"),
            "Seconds until a transaction had a connection and had begun.",
        );
        let metrics = Self {
            wait: Histogram::with_opts(wait.buckets(SECONDS.to_vec()))?,
            failures: IntCounter::new(
                format!("{prefix}_database_failures_total"),
                "Transactions that could not begin: no connection became free, or none could be made.",
            )?,
        };
        registry.register(Box::new(metrics.wait.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        Ok(metrics)
    }

    /// A transaction has begun, or could not.
    pub(crate) fn began(&self, waited: Duration, well: bool) {
        self.wait.observe(waited.as_secs_f64());
        if !well {
            self.failures.inc();
        }
    }
}

impl Connections {
    pub(crate) fn new(
        pools: Pools,
        seats: [Seats; 2],
        prefix: &str,
    ) -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| Opts::new(format!("{prefix}_database_{name}"), help);
        Ok(Self {
            pools,
            seats,
            held: IntGaugeVec::new(opts("connections", "Connections held."), &["state"])?,
            most: IntGauge::with_opts(opts("connections_limit", "Most connections at a time."))?,
        })
    }

    /// On SQLite those of the readers: the one that writes is always there.
    fn read(&self) {
        let (size, idle, most) = match &self.pools {
            Pools::Postgres(pool) => {
                let pool = pool.now();
                (pool.size(), pool.num_idle(), pool.options().get_max_connections())
            }
            Pools::Sqlite { readers, .. } => {
                (readers.size(), readers.num_idle(), readers.options().get_max_connections())
            }
        };
        let resting: usize = self.seats.iter().map(Seats::resting).sum();
        let idle = i64::try_from(idle + resting).unwrap_or(i64::MAX);
        // The two are not read at one instant.
        let used = i64::from(size).saturating_sub(idle).max(0);
        self.held.with_label_values(&["idle"]).set(idle);
        self.held.with_label_values(&["used"]).set(used);
        self.most.set(most.into());
    }
}

impl Collector for Connections {
    fn desc(&self) -> Vec<&Desc> {
        [self.held.desc(), self.most.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        [self.held.collect(), self.most.collect()].concat()
    }
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;
    use crate::Database;

    #[tokio::test]
    async fn waits_and_connections_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("t.db").display());
        let database = Database::connect(&url, 3).await.unwrap();
        let registry = Registry::new();
        database.count_in(&registry, "t").unwrap();
        let open = database.read().await.unwrap();
        let text = || TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for line in [
            "t_database_wait_seconds_count 1",
            "t_database_failures_total 0",
            r#"t_database_connections{state="used"} 1"#,
            "t_database_connections_limit 3",
        ] {
            assert!(text().contains(&format!("\n{line}\n")), "{line}: {}", text());
        }
        drop(open);
        database.close().await;
        assert!(database.read().await.is_err());
        assert!(text().contains("\nt_database_failures_total 1\n"), "{}", text());
    }
}
