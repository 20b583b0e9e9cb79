//! A metric whose values are read when somebody asks, and not kept until the next one does.
//!
//! The library's own vectors find a series by the values of its labels, written one after the other: the objects `a` `bc` and
//! `ab` `c` would have one between them. Here nothing is looked up, and of what is gone nothing is left.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use prometheus::{
    core::Desc,
    proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType},
};

use super::name;

/// One metric, and what was read of it for whoever asks now.
pub(super) struct Family {
    desc: Desc,
    kind: MetricType,
    read: Mutex<Vec<Metric>>,
}

impl Family {
    /// One that goes up and down.
    pub(super) fn gauge(short: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
        Self::new(MetricType::GAUGE, short, help, labels)
    }

    /// One that only grows.
    pub(super) fn counter(short: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
        Self::new(MetricType::COUNTER, short, help, labels)
    }

    fn new(kind: MetricType, short: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        let desc = Desc::new(name(short), help.to_owned(), labels, HashMap::new())?;
        Ok(Self { desc, kind, read: Mutex::default() })
    }

    fn read(&self) -> MutexGuard<'_, Vec<Metric>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is.
    pub(super) fn desc(&self) -> &Desc {
        &self.desc
    }

    /// One series: the values of the labels, in the order in which the labels were named.
    pub(super) fn add(&self, labels: &[&str], value: f64) {
        let names = &self.desc.variable_labels;
        debug_assert_eq!(names.len(), labels.len(), "labels of {}", self.desc.fq_name);
        let pairs = names.iter().zip(labels).map(|(name, value)| pair(name, value));
        let mut metric = Metric::from_label(pairs.collect());
        if self.kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.read().push(metric);
    }

    /// All that was read.
    pub(super) fn take(&self) -> MetricFamily {
        let mut family = MetricFamily::default();
        family.set_name(self.desc.fq_name.clone());
        family.set_help(self.desc.help.clone());
        family.set_field_type(self.kind);
        family.set_metric(mem::take(&mut *self.read()));
        family
    }
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

/// A whole number as Prometheus takes it.
#[expect(
    clippy::cast_precision_loss,
    reason = "neither a count nor a time in seconds comes near 2^53"
)]
pub(super) fn whole(number: impl TryInto<i64>) -> f64 {
    number.try_into().unwrap_or(i64::MAX) as f64
}
