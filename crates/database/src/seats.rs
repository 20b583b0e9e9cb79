//! Who reads or writes in one round trip takes a seat. There are fewer seats than connections, and whoever leaves one hands its
//! connection to the next in line: the pool asks each that comes back whether it lives, which is a round trip more.
//!
//! ```text
//! Seats::take ─▶ Seat ─▶ a connection that was handed on, one that rests, or one of the pool
//!                 └─▶ leave ─▶ the first in line, with it; nobody there: it rests
//! resting.rs  a connection that waits a moment for whoever comes next, and then goes back to the pool
//! ```
//!
//! The pool has all connections again that nobody has asked for in a moment, so it ends those that are old or idle as ever, and
//! some never leave it for longer than a transaction.

mod resting;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{PgPool, Postgres, pool::PoolConnection};
use tokio::{sync::oneshot, time::timeout};

use self::resting::Resting;
use crate::connect::ACQUIRE;

/// How many may use a connection before the pool sees it again, which ends those that are too old.
const MOST_USES: u32 = 1_000;

/// The seats of a database.
#[derive(Clone, Debug)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug)]
struct Taken {
    free: u32,
    resting: Resting,
    line: VecDeque<oneshot::Sender<Seat>>,
}

/// The right to a connection. Dropped, it goes to the next in line.
#[derive(Debug)]
pub(crate) struct Seat {
    /// None when it is nobody's any more.
    seats: Option<Seats>,
    handed: Option<Handed>,
}

/// A connection that is handed on.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) connection: PoolConnection<Postgres>,
    pool: PgPool,
    uses: u32,
}

impl Seats {
    /// Of those who read: half as many as there are connections.
    pub(crate) fn of_readers(connections: u32) -> Self {
        Self::new((connections / 2).max(1), connections / 4)
    }

    /// Of those who write: a quarter, so that another is left to the pool, for transactions and for writers without a seat.
    pub(crate) fn of_writers(connections: u32) -> Self {
        Self::new(connections / 4, connections / 4)
    }

    /// So many, and as many connections may rest there.
    fn new(free: u32, resting: u32) -> Self {
        Self(Arc::new(Mutex::new(Taken {
            free,
            resting: Resting::at_most(resting),
            line: VecDeque::new(),
        })))
    }

    /// One of them; first come, first served. Waits no longer for it than for a connection.
    pub(crate) async fn take(&self) -> sqlx::Result<Seat> {
        let place = {
            let mut taken = self.lock();
            if let Some(seat) = self.free(&mut taken) {
                return Ok(seat);
            }
            let (sender, place) = oneshot::channel();
            taken.line.push_back(sender);
            place
        };
        match timeout(ACQUIRE, place).await {
            Ok(Ok(seat)) => Ok(seat),
            Ok(Err(_)) | Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// One of them, or the right to a connection of the pool where all are taken.
    pub(crate) fn take_or_stand(&self) -> Seat {
        let seat = self.free(&mut self.lock());
        seat.unwrap_or(Seat { seats: None, handed: None })
    }

    /// How many connections rest.
    pub(crate) fn resting(&self) -> usize {
        self.lock().resting.len()
    }

    /// Gives all that rest back to the pool: it is about to be closed, or one of them turned out to be cut.
    pub(crate) fn clear(&self) {
        let rested = self.lock().resting.take_all();
        drop(rested);
    }

    /// Gives a seat to the first in line who still waits.
    fn pass(&self, handed: Option<Handed>) {
        let mut seat = self.seat(handed);
        while let Some(next) = self.next(&mut seat) {
            match next.send(seat) {
                Ok(()) => return,
                Err(refused) => seat = refused,
            }
        }
    }

    /// The first in line; if there is none, the seat is free and its connection rests.
    fn next(&self, seat: &mut Seat) -> Option<oneshot::Sender<Seat>> {
        let mut taken = self.lock();
        let next = taken.line.pop_front();
        if next.is_none() {
            seat.seats = None;
            taken.free += 1;
            if taken.resting.add(&mut seat.handed) {
                resting::watch(&self.0);
            }
        }
        next
    }

    /// A seat if one is free, with a connection if one rests.
    fn free(&self, taken: &mut Taken) -> Option<Seat> {
        taken.free = taken.free.checked_sub(1)?;
        Some(self.seat(taken.resting.newest()))
    }

    fn seat(&self, handed: Option<Handed>) -> Seat {
        Seat { seats: Some(self.clone()), handed }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        lock(&self.0)
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seat {
    /// The connection that came with it, unless its pool has had its day.
    pub(crate) fn handed(&mut self) -> Option<Handed> {
        self.handed.take().filter(Handed::is_fit)
    }

    /// Leaves it to the next, with a connection on which all has been answered.
    pub(crate) fn leave(mut self, mut with: Handed) {
        with.uses += 1;
        self.handed = Some(with).filter(Handed::is_fit);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(seats) = self.seats.take() {
            seats.pass(self.handed.take());
        }
    }
}

impl Handed {
    /// One of the pool.
    pub(crate) async fn of(pool: PgPool) -> sqlx::Result<Self> {
        Ok(Self { connection: pool.acquire().await?, pool, uses: 0 })
    }

    fn is_fit(&self) -> bool {
        self.uses < MOST_USES && !self.pool.is_closed()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn free(seats: &Seats) -> u32 {
        seats.lock().free
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_a_seat_for_every_second_connection_and_one_at_least() {
        assert_eq!(
            [1, 2, 3, 10].map(|connections| free(&Seats::of_readers(connections))),
            [1, 1, 1, 5]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_writes_does_not_wait_for_a_seat() {
        let seats = Seats::of_writers(4);
        let (first, second) = (seats.take_or_stand(), seats.take_or_stand());
        assert!(first.seats.is_some() && second.seats.is_none());
        drop((second, first));
        assert_eq!(free(&seats), 1);
        assert_eq!(free(&Seats::of_writers(3)), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_came_first_is_next() {
        let seats = Seats::of_readers(2);
        let first = seats.take().await.unwrap();
        let (mut second, mut third) = (Box::pin(seats.take()), Box::pin(seats.take()));
        for waits in [&mut second, &mut third] {
            assert!(futures_util::poll!(waits).is_pending());
        }
        drop(first);
        assert!(futures_util::poll!(&mut third).is_pending());
        let second = second.await.unwrap();
        drop(second);
        drop(third.await.unwrap());
        assert_eq!(free(&seats), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_is_not_lost_with_one_who_gave_up() {
        let seats = Seats::of_readers(2);
        let first = seats.take().await.unwrap();
        let mut before = Box::pin(seats.take());
        let mut given = Box::pin(seats.take());
        for waits in [&mut before, &mut given] {
            assert!(futures_util::poll!(waits).is_pending());
        }
        drop(before); // It left the line.
        drop(first); // The seat is the other one's now,
        drop(given); // who never takes it.
        assert_eq!(free(&seats), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_is_waited_for_no_longer_than_a_connection() {
        let seats = Seats::of_readers(2);
        let _first = seats.take().await.unwrap();
        let began = tokio::time::Instant::now();
        let refused = seats.take().await.unwrap_err();
        assert!(matches!(refused, sqlx::Error::PoolTimedOut), "{refused}");
        assert!(began.elapsed() < ACQUIRE + Duration::from_secs(1), "{:?}", began.elapsed());
    }
}
