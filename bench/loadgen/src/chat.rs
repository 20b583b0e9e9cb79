//! `chat`: so many answers, so many at a time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::args::{die, Args};
use crate::proc;
use crate::report::{cpu_report, finish, hist, pct, r3, us};
use crate::target::{directive, Sender, Target};
use crate::turn::turn;
use crate::watch::Watch;

#[derive(Default)]
struct Tally { ok: u64, errs: BTreeMap<&'static str, u64>, events: u64, deltas: u64, bytes: u64, silent: u64 }

pub async fn run(a: &Args) {
    let t = Rc::new(Target::new(a));
    let (conc, requests, max): (usize, u64, f64) = (a.num("concurrency", 1), a.num("requests", 100), a.num("max-secs", 20.0));
    let want: u64 = a.num("deltas", 200);
    let text = directive(a);
    let w = Watch::new(a);
    let (ttf, tot, lat) = (Rc::new(RefCell::new(hist())), Rc::new(RefCell::new(hist())), Rc::new(RefCell::new(hist())));
    let tally = Rc::new(RefCell::new(Tally::default()));
    let warm: usize = a.num("warmup", 2);
    if warm > 0 {
        let mut s = match t.connect().await { Ok(s) => s, Err(e) => die(&format!("cannot reach {}: {e}", t.addr)) };
        for _ in 0..warm {
            let _ = tokio::time::timeout(t.timeout, turn(&t, &mut s, t.create(&text), want, &mut |_| {})).await;
            if s.is_closed() { if let Ok(n) = t.connect().await { s = n } }
        }
    }
    let m0 = w.mem();
    let (c0, sys0) = (w.cpu(), proc::system());
    let start = Instant::now();
    let deadline = start + Duration::from_secs_f64(max);
    let left = Rc::new(Cell::new(requests));
    let mut tasks = vec![];
    for _ in 0..conc {
        let (t, text, left) = (t.clone(), text.clone(), left.clone());
        let (ttf, tot, lat, tally) = (ttf.clone(), tot.clone(), lat.clone(), tally.clone());
        tasks.push(tokio::task::spawn_local(async move {
            let mut kept: Option<Sender> = None;
            while left.get() > 0 && Instant::now() < deadline {
                left.set(left.get() - 1);
                let mut conn = match t.connection(kept.take()).await {
                    Ok(c) => c,
                    Err(e) => {
                        *tally.borrow_mut().errs.entry(e).or_default() += 1;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                };
                let mut rec = |us: u64| { let _ = lat.borrow_mut().record(us.max(1)); };
                let r = tokio::time::timeout(t.timeout, turn(&t, &mut conn, t.create(&text), want, &mut rec)).await;
                let mut y = tally.borrow_mut();
                match r {
                    Ok(Ok(o)) => {
                        y.ok += 1;
                        y.events += o.events;
                        y.bytes += o.bytes;
                        // an answer sent whole still delivered its tokens
                        y.deltas += want;
                        if o.deltas == 0 { y.silent += 1 }
                        let _ = ttf.borrow_mut().record(us(o.first.unwrap_or(o.total)).max(1));
                        let _ = tot.borrow_mut().record(us(o.total).max(1));
                        kept = Some(conn);
                    }
                    Ok(Err(e)) => { *y.errs.entry(e).or_default() += 1; if !matches!(e, "send" | "truncated" | "closed") { kept = Some(conn) } }
                    Err(_) => { *y.errs.entry("timeout").or_default() += 1; }
                }
            }
        }));
    }
    for x in tasks { let _ = x.await; }
    let wall = start.elapsed().as_secs_f64();
    let (c1, sys1) = (w.cpu(), proc::system());
    let y = tally.borrow();
    let mut out = json!({"kind": "chat", "concurrency": conc, "want_deltas": want, "delay_ms": a.get("delay", "0"), "tool": a.get("tool", "none"),
        "ok": y.ok, "errors": y.errs, "answers_without_deltas": y.silent, "wall_s": r3(wall), "answers_per_s": r3(y.ok as f64 / wall),
        "events": y.events, "events_per_s": r3(y.events as f64 / wall), "deltas": y.deltas, "deltas_per_s": r3(y.deltas as f64 / wall), "bytes": y.bytes,
        "first_ms": pct(&ttf.borrow()), "total_ms": pct(&tot.borrow()), "delta_age_ms": pct(&lat.borrow()),
        "mem_before": m0, "mem_after": w.mem(), "machine": proc::busy(&sys0, &sys1)});
    cpu_report(&mut out, &c0, &c1, y.ok, y.deltas);
    finish(a, out);
}
