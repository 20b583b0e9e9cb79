//! `op`: one request that is answered as a whole, again and again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{json, Value};

use crate::args::{die, Args};
use crate::proc;
use crate::report::{cpu_report, finish, hist, pct, r3, us};
use crate::target::{Err, Sender, Target};
use crate::watch::Watch;

async fn plain(t: &Target, s: &mut Sender, body: Bytes) -> Result<Bytes, Err> {
    s.ready().await.map_err(|_| "closed")?;
    let resp = s.send_request(t.request(body)).await.map_err(|_| "send")?;
    let ok = resp.status().is_success();
    let b = resp.into_body().collect().await.map_err(|_| "truncated")?.to_bytes();
    if ok { Ok(b) } else { Err("http_status") }
}

pub async fn run(a: &Args) {
    let t = Rc::new(Target::new(a));
    let body: Bytes = a.opt("body").unwrap_or_else(|| die("--body needed")).to_string().into();
    let (conc, requests, max): (usize, u64, f64) = (a.num("concurrency", 1), a.num("requests", 200), a.num("max-secs", 10.0));
    let want: usize = a.num("want-items", 0);
    let w = Watch::new(a);
    let lat = Rc::new(RefCell::new(hist()));
    let errs = Rc::new(RefCell::new(BTreeMap::<&'static str, u64>::new()));
    let (mut size, mut items) = (0, 0);
    {
        let mut s = match t.connect().await { Ok(s) => s, Err(e) => die(&format!("cannot reach {}: {e}", t.addr)) };
        for _ in 0..a.num("warmup", 5) {
            match tokio::time::timeout(t.timeout, plain(&t, &mut s, body.clone())).await {
                Ok(Ok(b)) => {
                    size = b.len();
                    let v: Value = serde_json::from_slice(&b).unwrap_or_default();
                    items = v["data"].as_array().or(v["items"]["data"].as_array()).map_or(0, |x| x.len());
                }
                _ => { *errs.borrow_mut().entry("warmup").or_default() += 1; }
            }
        }
    }
    if want != 0 && items != want { *errs.borrow_mut().entry("wrong_item_count").or_default() += 1; }
    let (c0, sys0) = (w.cpu(), proc::system());
    let start = Instant::now();
    let deadline = start + Duration::from_secs_f64(max);
    let left = Rc::new(Cell::new(requests));
    let mut tasks = vec![];
    for _ in 0..conc {
        let (t, body, left, lat, errs) = (t.clone(), body.clone(), left.clone(), lat.clone(), errs.clone());
        tasks.push(tokio::task::spawn_local(async move {
            let mut kept: Option<Sender> = None;
            while left.get() > 0 && Instant::now() < deadline {
                left.set(left.get() - 1);
                let mut conn = match t.connection(kept.take()).await { Ok(c) => c, Err(e) => { *errs.borrow_mut().entry(e).or_default() += 1; continue } };
                let s0 = Instant::now();
                match tokio::time::timeout(t.timeout, plain(&t, &mut conn, body.clone())).await {
                    Ok(Ok(_)) => { let _ = lat.borrow_mut().record(us(s0.elapsed()).max(1)); kept = Some(conn) }
                    Ok(Err(e)) => { *errs.borrow_mut().entry(e).or_default() += 1; }
                    Err(_) => { *errs.borrow_mut().entry("timeout").or_default() += 1; }
                }
            }
        }));
    }
    for x in tasks { let _ = x.await; }
    let wall = start.elapsed().as_secs_f64();
    let (c1, sys1) = (w.cpu(), proc::system());
    let n = lat.borrow().len();
    let mut out = json!({"kind": "op", "concurrency": conc, "ok": n, "errors": *errs.borrow(), "wall_s": r3(wall), "per_s": r3(n as f64 / wall),
        "latency_ms": pct(&lat.borrow()), "response_bytes": size, "items": items, "machine": proc::busy(&sys0, &sys1)});
    cpu_report(&mut out, &c0, &c1, n, 0);
    finish(a, out);
}
