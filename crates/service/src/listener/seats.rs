//! How many connections there are, in all and for each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Limits;
use crate::HttpMetrics;

/// All seats of a listener. Clones share them.
#[derive(Clone)]
pub(super) struct Seats(Arc<House>);

struct House {
    limits: Limits,
    metrics: HttpMetrics,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    total: usize,
    by_client: HashMap<IpAddr, usize>,
}

impl Seats {
    pub(super) fn new(limits: Limits, metrics: HttpMetrics) -> Self {
        Self(Arc::new(House { limits, metrics, taken: Mutex::default() }))
    }

    /// A seat for `address`, given back when it is dropped; none when the house or its row is full.
    pub(super) fn take(&self, address: IpAddr) -> Option<Seat> {
        let House { limits, metrics, .. } = &*self.0;
        let client = self.counted(address);
        let mut taken = self.0.taken();
        if taken.total >= limits.max_connections {
            metrics.refused("total");
            return None;
        }
        if let Some(client) = client {
            let of_client = taken.by_client.entry(client).or_default();
            if *of_client >= limits.max_connections_per_address {
                metrics.refused("address");
                return None;
            }
            *of_client += 1;
        }
        taken.total += 1;
        metrics.opened();
        Some(Seat { house: self.0.clone(), client })
    }

    /// Whom a connection is counted for; nobody if the cap per address does not apply.
    fn counted(&self, address: IpAddr) -> Option<IpAddr> {
        let address = address.to_canonical();
        let limits = &self.0.limits;
        let exempt = limits.max_connections_per_address == 0
            || (address.is_loopback() && !limits.count_loopback);
        (!exempt).then(|| network(address))
    }
}

/// One household has a whole IPv6 /64 to choose addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

impl House {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place.
pub(super) struct Seat {
    house: Arc<House>,
    client: Option<IpAddr>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.house.taken();
        taken.total -= 1;
        if let Some(client) = self.client
            && let Some(of_client) = taken.by_client.get_mut(&client)
        {
            *of_client -= 1;
            if *of_client == 0 {
                taken.by_client.remove(&client);
            }
        }
        self.house.metrics.closed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(total: usize, per_address: usize) -> Seats {
        let limits = Limits {
            max_connections: total,
            max_connections_per_address: per_address,
            ..Limits::default()
        };
        Seats::new(limits, HttpMetrics::detached())
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_seat_is_free_again_when_its_holder_leaves() {
        let seats = seats(10, 1);
        let seat = seats.take(address("192.0.2.1"));
        assert!(seat.is_some());
        assert!(seats.take(address("192.0.2.1")).is_none());
        assert!(seats.take(address("192.0.2.2")).is_some());
        drop(seat);
        assert!(seats.take(address("192.0.2.1")).is_some());
        assert!(seats.0.taken().by_client.is_empty(), "nothing is kept about who left");
    }

    #[test]
    fn the_house_has_a_limit_of_its_own() {
        let seats = seats(1, 0);
        let _seat = seats.take(address("192.0.2.1")).unwrap();
        assert!(seats.take(address("192.0.2.2")).is_none());
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let seats = seats(10, 1);
        let _seat = seats.take(address("2001:db8::1")).unwrap();
        assert!(seats.take(address("2001:db8::2")).is_none());
        assert!(seats.take(address("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn a_mapped_ipv4_address_is_the_ipv4_address() {
        let seats = seats(10, 1);
        let _seat = seats.take(address("192.0.2.1")).unwrap();
        assert!(seats.take(address("::ffff:192.0.2.1")).is_none());
    }

    #[test]
    fn loopback_is_not_counted() {
        let seats = seats(10, 1);
        let _first = seats.take(address("127.0.0.1")).unwrap();
        assert!(seats.take(address("127.0.0.1")).is_some());
    }
}
