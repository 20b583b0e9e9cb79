//! The states of the process and of the objects, read when somebody asks.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::{
    Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use todochat_service::Clock;

use super::{family::Family, objects::Objects, process::Process};
use crate::{
    apply::SecretReader,
    leading::{Fence, Transitions},
    probing::Prober,
    queue::Queue,
    watching::{Health, Store},
    writer::Writer,
};

/// Where the states are.
pub struct Sources {
    /// The queue.
    pub queue: Arc<Queue>,
    /// What the watches have seen.
    pub store: Arc<Store>,
    /// How the watches are.
    pub health: Arc<Health>,
    /// Whether this process leads.
    pub fence: Fence,
    /// How often the Lease has changed hands.
    pub transitions: Transitions,
    /// What writes, within a budget.
    pub writer: Writer,
    /// What has read how old credentials are.
    pub secrets: SecretReader,
    /// What speaks to tool servers.
    pub prober: Arc<Prober>,
    /// The time.
    pub clock: Clock,
    /// Whether anything is told of each object.
    pub objects: bool,
}

/// Reads the states.
pub struct Live {
    sources: Sources,
    process: Process,
    objects: Objects,
    /// Who asks at the same time as another is answered after that one.
    asked: Mutex<()>,
}

impl Live {
    /// Registers it.
    pub fn register(registry: &Registry, sources: Sources) -> prometheus::Result<()> {
        let (process, objects) = (Process::new()?, Objects::new()?);
        registry.register(Box::new(Self { sources, process, objects, asked: Mutex::default() }))
    }

    fn families(&self) -> impl Iterator<Item = &Family> {
        self.process.all().into_iter().chain(self.objects.all())
    }
}

impl Collector for Live {
    fn desc(&self) -> Vec<&Desc> {
        self.families().map(Family::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.process.read(&self.sources);
        if self.sources.objects {
            self.objects.read(&self.sources);
        }
        self.families().map(Family::take).collect()
    }
}
