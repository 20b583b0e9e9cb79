//! Who reads in one round trip takes a seat. There are fewer seats than connections, and whoever leaves one hands its connection
//! to the next in line: the pool asks each that comes back whether it lives, which is a round trip more.
//!
//! ```text
//! Seats::take ─▶ Seat ─▶ a connection that was handed on, or one of the pool
//!                 └─▶ leave ─▶ the first in line, with it; nobody there: back to the pool
//! ```
//!
//! Nothing is kept for somebody who may come: the pool has all connections that nobody reads on, so it ends those that are old
//! or idle as ever, and the other half of them is always there for transactions.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{PgPool, Postgres, pool::PoolConnection};
use tokio::{sync::oneshot, time::timeout};

use crate::connect::ACQUIRE;

/// How many may read on a connection before the pool sees it again, which ends those that are too old.
const MOST_READERS: u32 = 1_000;

/// The seats of a database.
#[derive(Clone, Debug)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug)]
struct Taken {
    free: u32,
    line: VecDeque<oneshot::Sender<Seat>>,
}

/// The right to read. Dropped, it goes to the next in line.
#[derive(Debug)]
pub(crate) struct Seat {
    /// None when it is nobody's any more.
    seats: Option<Seats>,
    handed: Option<Handed>,
}

/// A connection that readers hand on.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) connection: PoolConnection<Postgres>,
    pool: PgPool,
    readers: u32,
}

impl Seats {
    /// Half as many as there are connections.
    pub(crate) fn of(connections: u32) -> Self {
        let taken = Taken { free: (connections / 2).max(1), line: VecDeque::new() };
        Self(Arc::new(Mutex::new(taken)))
    }

    /// One of them; first come, first served. Waits no longer for it than for a connection.
    pub(crate) async fn take(&self) -> sqlx::Result<Seat> {
        let place = {
            let mut taken = self.lock();
            if taken.free > 0 {
                taken.free -= 1;
                return Ok(self.seat(None));
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

    /// Gives a seat to the first in line who still waits.
    fn pass(&self, handed: Option<Handed>) {
        let mut seat = self.seat(handed);
        while let Some(next) = self.next() {
            match next.send(seat) {
                Ok(()) => return,
                Err(refused) => seat = refused,
            }
        }
        seat.seats = None;
    }

    /// The first in line; if there is none, the seat is free.
    fn next(&self) -> Option<oneshot::Sender<Seat>> {
        let mut taken = self.lock();
        let next = taken.line.pop_front();
        if next.is_none() {
            taken.free += 1;
        }
        next
    }

    fn seat(&self, handed: Option<Handed>) -> Seat {
        Seat { seats: Some(self.clone()), handed }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The connection that came with it, or one of the pool.
    pub(crate) async fn connection(&mut self, pool: &PgPool) -> sqlx::Result<Handed> {
        if let Some(handed) = self.handed.take().filter(|handed| !handed.pool.is_closed()) {
            return Ok(handed);
        }
        Ok(Handed { connection: pool.acquire().await?, pool: pool.clone(), readers: 0 })
    }

    /// Leaves it to the next, with a connection on which all has been read.
    pub(crate) fn leave(mut self, mut with: Handed) {
        with.readers += 1;
        let is_fit = with.readers < MOST_READERS && !with.pool.is_closed();
        self.handed = Some(with).filter(|_| is_fit);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(seats) = self.seats.take() {
            seats.pass(self.handed.take());
        }
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
        assert_eq!([1, 2, 3, 10].map(|connections| free(&Seats::of(connections))), [1, 1, 1, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_came_first_is_next() {
        let seats = Seats::of(2);
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
        let seats = Seats::of(2);
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
        let seats = Seats::of(2);
        let _first = seats.take().await.unwrap();
        let began = tokio::time::Instant::now();
        let refused = seats.take().await.unwrap_err();
        assert!(matches!(refused, sqlx::Error::PoolTimedOut), "{refused}");
        assert!(began.elapsed() < ACQUIRE + Duration::from_secs(1), "{:?}", began.elapsed());
    }
}
