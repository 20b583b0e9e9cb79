//! One look at one object: the five calls.
//!
//! ```text
//! store ─▶ read ─▶ announce (a new generation only) ─▶ dereference ─▶ validate ─▶ build ─▶ apply ─▶ status
//!                     └ sent first; its answer is waited for before the next write of the object itself ─┘
//! ```
//!
//! A look is not told why it takes place: it holds the whole object against the whole of its world, and writes what differs.

mod finalizing;
mod look_error;
mod looked;
mod rotated;
mod status_writer;
mod subject;
mod targets;
mod telling;
mod unread;

use std::{sync::Arc, time::Duration};

use kube::Client;
use prometheus::Registry;
use todochat_service::Clock;

use self::{
    look_error::LookError, looked::Looked, status_writer::StatusWriter, subject::Subject,
    targets::Borrowed, unread::remains,
};
use crate::{
    announcing::Announcer,
    apply::{Applier, SecretReader, lags},
    build::build,
    children::{Children, Prepared},
    config::RunArgs,
    crd::TodoChat,
    dereference::Dereference,
    fetched::Fetched,
    leading::Fence,
    metrics::Metrics,
    names::ObjectKey,
    pacing::{self, Pacing},
    probing::Prober,
    queue::{Ended, Lane, Queue},
    rotating::wishes,
    settings::Settings,
    status::{self, Outcome},
    validate::validate,
    validated::Validated,
    watching::Store,
    writer::{WriteMetrics, Writer},
};

/// How soon a reference that may not be read, or an object in the way, is asked for again: neither a right that is given nor a
/// foreign object that goes wakes anybody.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// How soon an object is looked at again whose status was to say that a restore is done: that wakes nobody.
const SOON: Duration = Duration::from_secs(1);

/// Looks at objects.
pub struct Controller {
    store: Arc<Store>,
    queue: Arc<Queue>,
    dereference: Dereference,
    applier: Applier,
    prober: Arc<Prober>,
    borrowed: Borrowed,
    status: StatusWriter,
    announcer: Announcer,
    pacing: Pacing,
    api: Writer,
    settings: Arc<Settings>,
    metrics: Metrics,
    clock: Clock,
    resync: Duration,
}

impl Controller {
    /// Puts the parts together; nothing is asked yet.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of the process that others have too"
    )]
    pub fn new(
        args: &RunArgs,
        client: Client,
        registry: &Registry,
        settings: Arc<Settings>,
        store: Arc<Store>,
        queue: Arc<Queue>,
        metrics: Metrics,
        fence: Fence,
        identity: String,
    ) -> anyhow::Result<Self> {
        let api = Writer::new(
            client.clone(),
            args.write_budget,
            fence,
            WriteMetrics::register(registry)?,
        );
        let applier = Applier::new(api.clone());
        let woken = queue.clone();
        let prober = Prober::new(args.probe_interval, &settings.outgoing_allow, move |key| {
            woken.add(key, Lane::Other);
        })?;
        Ok(Self {
            dereference: Dereference::new(api.clone(), store.clone(), applier.secrets()),
            applier,
            prober: Arc::new(prober),
            borrowed: Borrowed::default(),
            status: StatusWriter::new(api.clone(), store.clone(), metrics.clone()),
            announcer: Announcer::start(client, identity, metrics.clone()),
            pacing: Pacing::new(args.max_rolling.into()),
            api,
            settings,
            store,
            queue,
            metrics,
            clock: Clock::system(),
            resync: args.resync,
        })
    }

    /// The queue that it takes objects from.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What it counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What it writes with.
    pub fn writer(&self) -> Writer {
        self.api.clone()
    }

    /// What it reads Secrets with.
    pub fn secrets(&self) -> SecretReader {
        self.applier.secrets()
    }

    /// What speaks to tool servers.
    pub fn prober(&self) -> Arc<Prober> {
        self.prober.clone()
    }

    /// This process leads now: everything is looked at.
    pub fn start_leading(&self) {
        for key in self.store.keys() {
            self.queue.add(key, Lane::Other);
        }
    }

    /// Looks at one object, and says when it is to be looked at again.
    pub async fn look_at(&self, key: &ObjectKey) -> Ended {
        let Some(stored) = self.store.object(key) else {
            self.forget(key);
            return Ended::Well(None);
        };
        let looked = match stored.parse::<TodoChat>() {
            Ok(object) if object.metadata.deletion_timestamp.is_some() => {
                Box::pin(self.finalize(key, object)).await
            }
            Ok(object) => Box::pin(self.reconcile(key, object)).await,
            Err(problem) => match remains(&stored) {
                Some(object) => Box::pin(self.finalize_unread(key, object)).await,
                None => self.malformed(&stored, &problem).await.map(Looked::from),
            },
        };
        let looked = looked.unwrap_or_else(|error| self.failed(key, &error).into());
        self.metrics.reconciles.with_label_values(&[looked.result()]).inc();
        match looked.ended {
            Ended::Well(None) => {
                Ended::Well(Some(self.resync.mul_f64(rand::random_range(0.8..1.2))))
            }
            ended => ended,
        }
    }

    fn forget(&self, key: &ObjectKey) {
        self.prober.forget(key);
        self.applier.forget(key);
        self.borrowed.forget(key);
        self.status.forget(key);
        self.wake(self.pacing.forget(key));
        self.queue.forget(key);
    }

    /// The status of a new generation is sent first; the rest does not wait for the answer, but for the next write of the object
    /// itself. Without that answer the look ends where it stands, and the next one goes on.
    async fn reconcile(&self, key: &ObjectKey, object: TodoChat) -> Result<Looked, LookError> {
        if !status::needs_announcing(&object) {
            return Box::pin(self.look_into(key, &Subject::announced(object))).await;
        }
        self.wake(self.pacing.edited(key));
        let announced = status::announce(&object, self.clock.now());
        let subject = Subject::announcing(object);
        let announcing = async {
            let writing = self.status.write(&subject.object, announced);
            subject.settle(writing.await.map_err(LookError::Announce)?);
            Ok(())
        };
        let looking = Box::pin(self.look_into(key, &subject));
        let ((), looked) = tokio::try_join!(biased; announcing, looking)?;
        Ok(looked)
    }

    async fn look_into(&self, key: &ObjectKey, subject: &Subject) -> Result<Looked, LookError> {
        let fetching = self.dereference.fetch(key, &subject.object);
        let fetching = self.timed("dereference", fetching).await;
        let protected = self.protect_data(key, subject).await?;
        let subject = protected.as_ref().unwrap_or(subject);
        let object = &subject.object;
        let fetched = match fetching.map_err(LookError::Dereference) {
            Ok(fetched) => Fetched { wishes: wishes(object, self.clock.now()), ..fetched },
            Err(error) => {
                return self.tell_failure(key, subject, None, None, error).await.map(Looked::from);
            }
        };
        let validated = match validate(object, &fetched, &self.settings) {
            Ok(validated) => validated,
            Err(refusals) => {
                self.wake(self.pacing.need_not_wait(key));
                let outcome = Outcome::Refused(refusals);
                let ended = self.tell(key, subject, Some(&fetched), &outcome).await?;
                return Ok(sooner(ended, fetched.is_forbidden().then_some(ASK_AGAIN)).into());
            }
        };
        if object.spec.paused {
            self.wake(self.pacing.need_not_wait(key));
            let lags = lags(&fetched.world, &build(&validated));
            let outcome = Outcome::Paused { validated: Some(&validated), lags };
            return self.tell(key, subject, Some(&fetched), &outcome).await.map(Looked::from);
        }
        let protected = self.protect(subject).await?;
        let subject = protected.as_ref().unwrap_or(subject);
        let looked = self.bring_about(key, subject, &fetched, &validated).await?;
        Ok(looked.after(protected.is_some()))
    }

    /// Builds, applies and tells.
    async fn bring_about(
        &self,
        key: &ObjectKey,
        subject: &Subject,
        fetched: &Fetched,
        validated: &Validated,
    ) -> Result<Looked, LookError> {
        let object = &subject.object;
        let children = build(validated);
        if self.must_wait(key, object, fetched, validated, &children) {
            let told = self.tell(key, subject, Some(fetched), &Outcome::Waiting).await;
            return told.map(Looked::from);
        }
        let rollouts = status::rollouts(&fetched.world, &children);
        let inventory =
            object.status.as_ref().map(|status| status.inventory.as_slice()).unwrap_or_default();
        let applying = self.applier.apply(&fetched.world, &validated.owner, children, inventory);
        let (report, applied) = self.timed("apply", applying).await;
        self.take_over(key, object, &report, rollouts);
        if applied.is_ok() {
            self.tell_rotations(key, object, fetched, validated);
        }
        let applied = match applied.map_err(LookError::Apply) {
            Ok(applied) => applied,
            Err(error) => {
                let told = self.tell_failure(key, subject, Some(fetched), Some(validated), error);
                return told.await.map(Looked::from);
            }
        };
        if !report.secrets_made.is_empty() {
            // What mounts them can be built now that their content is known.
            return Ok(Looked { ended: Ended::Again, wrote: true });
        }
        self.prober.watch(key, self.targets(key, validated, fetched).await?);
        let outcome =
            Outcome::Applied { validated, children: &applied, done: telling::done(&report) };
        let ended = self.tell(key, subject, Some(fetched), &outcome).await?;
        let waits = (!report.foreign.is_empty()).then_some(ASK_AGAIN);
        let restored = validated.restore.as_ref().filter(|restore| restore.done);
        let ended = sooner(ended, restored.map(|_| SOON));
        let turn = validated.rotation.wait().filter(|wait| *wait < self.resync);
        let ended = sooner(sooner(sooner(ended, report.again_after), waits), turn);
        Ok(Looked { ended, wrote: report.wrote() })
    }

    /// Whether others have their pods replaced first.
    fn must_wait(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
        fetched: &Fetched,
        validated: &Validated,
        children: &Children<Prepared>,
    ) -> bool {
        if !pacing::is_due(object, &fetched.world, validated, children) {
            self.wake(self.pacing.need_not_wait(key));
            return false;
        }
        !self.pacing.takes_turn(key, object.status.as_ref().is_some_and(status::is_ready))
    }

    fn wake(&self, next: Option<ObjectKey>) {
        if let Some(next) = next {
            self.queue.add(next, Lane::Other);
        }
    }

    async fn timed<T>(&self, step: &str, work: impl Future<Output = T>) -> T {
        let timer = self.metrics.step_seconds.with_label_values(&[step]).start_timer();
        let done = work.await;
        timer.observe_duration();
        done
    }
}

/// The earlier of two times to look again.
fn sooner(ended: Ended, after: Option<Duration>) -> Ended {
    match (ended, after) {
        (Ended::Well(Some(wait)), Some(after)) => Ended::Well(Some(wait.min(after))),
        (Ended::Well(None), Some(after)) => Ended::Well(Some(after)),
        (ended, _) => ended,
    }
}
