//! One streamed answer, read to its end.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::BodyExt;
use memchr::memmem;

use crate::target::{Err, Sender, Target};

const WRAP: u64 = 36u64.pow(6);
fn micros() -> u64 { SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_micros() as u64 }

/// Microseconds since the six base-36 digits were made.
fn age(digits: &[u8], now: u64) -> Option<u64> {
    let mut n = 0u64;
    for &d in digits {
        n = n * 36 + match d { b'0'..=b'9' => d - b'0', b'a'..=b'z' => d - b'a' + 10, _ => return None } as u64;
    }
    let a = (now % WRAP + WRAP - n) % WRAP;
    // a clock step or a wrapped difference is not a latency
    if a > WRAP / 2 { None } else { Some(a) }
}

#[derive(Default)]
pub struct Turn {
    pub first: Option<Duration>,
    pub total: Duration,
    pub events: u64,
    pub deltas: u64,
    pub bytes: u64,
    ended: bool,
    error_event: bool,
}

struct Finders { delta: [memmem::Finder<'static>; 2], key: memmem::Finder<'static>, end: memmem::Finder<'static> }

thread_local! {
    static F: Finders = Finders {
        delta: [memmem::Finder::new("content_part.text_delta\""), memmem::Finder::new("response.output_text.delta\"")],
        key: memmem::Finder::new("\"delta\""),
        end: memmem::Finder::new("#end"),
    };
}

fn has(h: &[u8], n: &str) -> bool { memmem::find(h, n.as_bytes()).is_some() }

impl Turn {
    fn line(&mut self, line: &[u8], since: Instant, on_delta: &mut dyn FnMut(u64)) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        self.events += 1;
        F.with(|f| {
            let head = &data[..data.len().min(200)];
            if f.delta.iter().any(|d| d.find(head).is_some()) {
                self.first.get_or_insert_with(|| since.elapsed());
                let Some(at) = f.key.find(data) else { return };
                let Some(open) = memchr::memchr(b'"', &data[at + 7..]) else { return };
                let text = &data[at + 7 + open + 1..];
                let text = &text[..memchr::memchr(b'"', text).unwrap_or(text.len())];
                // a server may join deltas; each is told by its leading space
                let now = micros();
                for w in text.split(|b| *b == b' ').filter(|w| !w.is_empty()) {
                    self.deltas += 1;
                    if w.len() == 6 {
                        if let Some(us) = age(w, now) { on_delta(us) }
                    }
                }
            } else if has(head, "\"type\":\"error\"") || has(head, "\"type\": \"error\"") {
                self.error_event = true;
            } else if (has(head, "\"thread.item.done\"") && has(data, "\"assistant_message\"")) || has(head, "\"response.completed\"") {
                self.first.get_or_insert_with(|| since.elapsed());
                self.ended |= f.end.find(data).is_some();
            }
        });
    }
}

/// One streamed turn. `on_delta` is given the age of every delta in microseconds.
pub async fn turn(t: &Target, s: &mut Sender, body: Bytes, want: u64, on_delta: &mut dyn FnMut(u64)) -> Result<Turn, Err> {
    let since = Instant::now();
    s.ready().await.map_err(|_| "closed")?;
    let resp = s.send_request(t.request(body)).await.map_err(|_| "send")?;
    let code = resp.status().as_u16();
    let mut body = resp.into_body();
    if code != 200 {
        let _ = body.collect().await;
        return Err(match code { 401 => "http_401", 404 => "http_404", 429 => "http_429", 500 => "http_500", 503 => "http_503", _ => "http_other" });
    }
    let mut out = Turn::default();
    let mut buf: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| "truncated")?;
        let Some(chunk) = frame.data_ref() else { continue };
        out.bytes += chunk.len() as u64;
        let mut rest: &[u8] = chunk;
        while let Some(nl) = memchr::memchr(b'\n', rest) {
            if buf.is_empty() {
                out.line(&rest[..nl], since, on_delta);
            } else {
                buf.extend_from_slice(&rest[..nl]);
                let line = std::mem::take(&mut buf);
                out.line(&line, since, on_delta);
            }
            rest = &rest[nl + 1..];
        }
        buf.extend_from_slice(rest);
    }
    out.total = since.elapsed();
    if out.error_event { return Err("error_event") }
    if !out.ended { return Err("no_answer") }
    if out.deltas != 0 && out.deltas != want { return Err("deltas_lost") }
    Ok(out)
}
