//! `open`: streams that all stay open, and what is left when they all hang up.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{json, Value};

use crate::args::Args;
use crate::proc;
use crate::report::{cpu_report, finish, hist, pct, r3};
use crate::target::Target;
use crate::turn::turn;
use crate::watch::Watch;

pub async fn run(a: &Args) {
    let t = Rc::new(Target::new(a));
    let n: usize = a.num("streams", 1000);
    let window: f64 = a.num("window", 15.0);
    let ramp: usize = a.num("ramp", 32);
    let max_ramp: f64 = a.num("max-ramp", 120.0);
    let delay: f64 = a.num("delay", 1000.0);
    // long enough to outlast the ramp and the window; the generator hangs up at the end
    let deltas = (((max_ramp + window) * 1000.0 / delay) as u64 + 10).max(20);
    let text = format!("BENCH deltas={deltas} delay={delay}");
    let w = Watch::new(a);
    {
        // one short turn first, so that lazily loaded code is not counted as a stream's memory
        if let Ok(mut s) = t.connect().await {
            for _ in 0..a.num("warmup", 3) {
                let _ = tokio::time::timeout(t.timeout, turn(&t, &mut s, t.create("BENCH deltas=20 delay=0"), 20, &mut |_| {})).await;
            }
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let m0 = w.mem();
    let lat = Rc::new(RefCell::new(hist()));
    let ttf = Rc::new(RefCell::new(hist()));
    let recording = Rc::new(Cell::new(false));
    let live = Rc::new(Cell::new(0usize));
    let dead = Rc::new(RefCell::new(BTreeMap::<&'static str, u64>::new()));
    let seen = Rc::new(Cell::new(0u64));
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(ramp));
    let start = Instant::now();
    let mut tasks = vec![];
    for _ in 0..n {
        let (t, text, lat, ttf, recording, live, dead, seen, gate) = (t.clone(), text.clone(), lat.clone(), ttf.clone(), recording.clone(), live.clone(), dead.clone(), seen.clone(), gate.clone());
        tasks.push(tokio::task::spawn_local(async move {
            let mut permit = Some(gate.acquire_owned().await.expect("the gate is never closed"));
            let began = Instant::now();
            let mut s = match t.connect().await { Ok(s) => s, Err(e) => { *dead.borrow_mut().entry(e).or_default() += 1; return } };
            let mut on = |us: u64| {
                if permit.take().is_some() {
                    live.set(live.get() + 1);
                    let _ = ttf.borrow_mut().record((began.elapsed().as_micros() as u64).max(1));
                }
                if recording.get() {
                    seen.set(seen.get() + 1);
                    let _ = lat.borrow_mut().record(us.max(1));
                }
            };
            let r = turn(&t, &mut s, t.create(&text), deltas, &mut on).await;
            // one that broke is open no more, whenever it broke
            if permit.is_none() { live.set(live.get() - 1) }
            let e = match r { Ok(_) => "ended_early", Err(e) => e };
            *dead.borrow_mut().entry(e).or_default() += 1;
        }));
    }
    while live.get() + dead.borrow().values().sum::<u64>() as usize != n && start.elapsed().as_secs_f64() < max_ramp {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ramp_s = start.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_millis(1000)).await;
    let (c0, sys0, w0) = (w.cpu(), proc::system(), Instant::now());
    recording.set(true);
    tokio::time::sleep(Duration::from_secs_f64(window)).await;
    recording.set(false);
    let wall = w0.elapsed().as_secs_f64();
    let (c1, sys1) = (w.cpu(), proc::system());
    let (m1, opened) = (w.mem(), live.get());
    let errs = dead.borrow().clone();
    for x in &tasks { x.abort() }
    drop(tasks);
    // how long the server is busy with the hang-ups, what it keeps, and whether it hung up on the model too
    let settle = Instant::now();
    tokio::time::sleep(Duration::from_millis(1000)).await;
    let upstream_1s = fake_active(a).await;
    let server: Vec<_> = w.0.iter().map(|(k, _)| k.clone()).filter(|k| k != "loadgen" && k != "pg" && k != "fake").collect();
    let mut last = w.cpu();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = w.cpu();
        let used: f64 = server.iter().map(|k| now[k] - last[k]).sum();
        last = now;
        if used < 0.03 || settle.elapsed().as_secs() > 15 { break }
    }
    let settle_s = settle.elapsed().as_secs_f64();
    let upstream_end = fake_active(a).await;
    let m2 = w.mem();
    let per = |k: &str| {
        let d = (m1[k].rss_kb - m0[k].rss_kb) as f64 / opened.max(1) as f64;
        let p = (m1[k].pss_kb - m0[k].pss_kb) as f64 / opened.max(1) as f64;
        json!({"rss_kb": r3(d), "pss_kb": r3(p)})
    };
    let expected = opened as f64 * 1000.0 / delay;
    let mut out = json!({"kind": "open", "streams": n, "opened": opened, "errors": errs, "delay_ms": delay, "ramp_s": r3(ramp_s), "window_s": r3(wall),
        "first_ms": pct(&ttf.borrow()), "delta_age_ms": pct(&lat.borrow()), "deltas": seen.get(), "deltas_per_s": r3(seen.get() as f64 / wall),
        "expected_per_s": r3(expected), "kept_up": r3(seen.get() as f64 / wall / expected.max(1e-9)),
        "mem_idle": m0, "mem_open": m1, "mem_after": m2, "settle_s": r3(settle_s), "upstream_open_1s_after_hangup": upstream_1s, "upstream_open_after_settle": upstream_end, "machine": proc::busy(&sys0, &sys1)});
    for (k, _) in &w.0 { out["mem_per_stream"][k] = per(k) }
    cpu_report(&mut out, &c0, &c1, 0, seen.get());
    finish(a, out);
}

/// Streams the fake upstream still has open (--fake-stats http://IP:PORT/stats).
async fn fake_active(a: &Args) -> Option<i64> {
    let rest = a.opt("fake-stats")?.strip_prefix("http://")?;
    let (host, path) = rest.split_once('/')?;
    let s = tokio::net::TcpStream::connect(host).await.ok()?;
    let (mut sender, conn) = hyper::client::conn::http1::handshake::<_, Full<Bytes>>(TokioIo::new(s)).await.ok()?;
    tokio::task::spawn_local(async move { let _ = conn.await; });
    let req = hyper::Request::get(format!("/{path}")).header("host", host).body(Full::new(Bytes::new())).ok()?;
    let b = sender.send_request(req).await.ok()?.into_body().collect().await.ok()?.to_bytes();
    serde_json::from_slice::<Value>(&b).ok()?["active_streams"].as_i64()
}
