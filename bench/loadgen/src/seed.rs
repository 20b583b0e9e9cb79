//! `seed`: an account filled through the protocol.

use crate::args::{die, Args};
use crate::target::Target;
use crate::turn::turn;

/// Fills an account through the protocol, for servers whose schema is not known here.
pub async fn run(a: &Args) {
    let t = Target::new(a);
    let mut s = t.connect().await.unwrap_or_else(|e| die(e));
    let one = "BENCH deltas=2 delay=0";
    let mut thread = None;
    for _ in 0..a.num("threads", 0u32) {
        match turn(&t, &mut s, t.create(one), 2, &mut |_| {}).await { Ok(o) => thread = o.thread, Err(e) => die(e) }
    }
    let items: u32 = a.num("items", 0);
    if items > 0 {
        let o = turn(&t, &mut s, t.create(one), 2, &mut |_| {}).await.unwrap_or_else(|e| die(e));
        let id = o.thread.unwrap_or_else(|| die("no thread.created event"));
        for _ in 1..items / 2 {
            if let Err(e) = turn(&t, &mut s, t.add(&id, one), 2, &mut |_| {}).await { die(e) }
        }
        thread = Some(id);
    }
    println!("{}", thread.unwrap_or_default());
}
