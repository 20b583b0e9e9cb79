//! Many people at once, while something happens to their chat.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::person::{Door, Person};

/// How many people: each may send 20 messages a minute.
const PEOPLE: usize = 40;
/// Each of them sends one this often: ten a second in all.
const PAUSE: Duration = Duration::from_secs(4);
/// How many of them listen to a stream as well.
const LISTENERS: usize = 20;

/// People who write, and listen, until they are told to stop.
pub(crate) struct Load {
    people: Vec<Person>,
    stop: Arc<AtomicBool>,
    said: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Vec<String>>>,
    writing: JoinSet<()>,
}

/// What became of it.
pub(crate) struct Outcome {
    /// Messages that were answered.
    pub(crate) answered: usize,
    /// What went wrong, in words.
    pub(crate) refused: Vec<String>,
    /// Messages that were answered, and whose task is not there.
    pub(crate) lost: Vec<String>,
}

impl Load {
    /// Signs them up and has them begin.
    pub(crate) async fn begin(door: &Door) -> Self {
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            people.push(door.sign_up(&format!("person-{number}")).await);
        }
        let mut load = Self {
            people,
            stop: Arc::default(),
            said: Arc::default(),
            refused: Arc::default(),
            writing: JoinSet::new(),
        };
        for (number, person) in load.people.clone().into_iter().enumerate() {
            let (stop, said, refused) =
                (load.stop.clone(), load.said.clone(), load.refused.clone());
            load.writing.spawn(write(number, person.clone(), stop.clone(), said, refused.clone()));
            if number < LISTENERS {
                load.writing.spawn(listen(person, stop, refused));
            }
        }
        load
    }

    /// How many messages were answered until now.
    pub(crate) fn answered(&self) -> usize {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits until so many more are answered.
    pub(crate) async fn more(&self, messages: usize) {
        self.until(self.answered() + messages).await;
    }

    /// Waits until so many are answered in all.
    pub(crate) async fn until(&self, messages: usize) {
        while self.answered() < messages {
            tokio::time::sleep(Duration::from_millis(100)).await; // people take their time
        }
    }

    /// Has them stop, and looks for what they said.
    pub(crate) async fn end(mut self) -> Outcome {
        self.stop.store(true, Relaxed);
        while self.writing.join_next().await.is_some() {}
        let kept = join_all(self.people.iter().map(Person::tasks)).await.concat();
        let said = std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner));
        let is_kept = |title: &&String| kept.iter().any(|(kept, _)| kept == *title);
        let lost = said.iter().filter(|title| !is_kept(title)).cloned().collect();
        let refused =
            std::mem::take(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner));
        Outcome { answered: said.len(), refused, lost }
    }
}

async fn write(
    number: usize,
    person: Person,
    stop: Arc<AtomicBool>,
    said: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Vec<String>>>,
) {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::time::sleep(PAUSE.mul_f64(f64::from(u32::try_from(number).unwrap_or(0)) / 40.0)).await;
    for turn in 0.. {
        ticks.tick().await;
        if stop.load(Relaxed) {
            return;
        }
        let title = format!("errand {number} of {turn}");
        match person.try_to_say(&format!("add a task called \"{title}\"")).await {
            Ok(_) => said.lock().unwrap_or_else(PoisonError::into_inner).push(title),
            Err(why) => refused.lock().unwrap_or_else(PoisonError::into_inner).push(why),
        }
    }
}

/// A stream that ends is opened again, as browsers do it; one that cannot be is a refusal.
async fn listen(person: Person, stop: Arc<AtomicBool>, refused: Arc<Mutex<Vec<String>>>) {
    while !stop.load(Relaxed) {
        match person.listen().await {
            Ok(mut stream) => {
                let open = async { while let Ok(Some(_)) = stream.chunk().await {} };
                let stopped = async {
                    while !stop.load(Relaxed) {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                };
                tokio::select! { () = open => {}, () = stopped => {} }
            }
            Err(why) => {
                refused
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(format!("stream: {why}"));
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}
