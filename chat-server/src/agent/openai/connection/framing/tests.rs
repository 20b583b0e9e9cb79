use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const CHUNKED: &str = "transfer-encoding: chunked";

/// How an answer with these lines for headers is framed.
fn framed(status: u16, version: Version, lines: &[&str]) -> Result<Framing, Misframed> {
    let headers = lines.iter().map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
    });
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value);
    }
    Framing::of(StatusCode::from_u16(status).unwrap(), version, &map)
}

fn framed_11(lines: &[&str]) -> Result<Framing, Misframed> {
    framed(200, Version::HTTP_11, lines)
}

/// The body within these bytes and what stands after it, when they come in such pieces and then the
/// server hangs up.
fn read<'a>(
    mut framing: Framing,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<u8>, Vec<u8>), Misframed> {
    let (mut body, mut rest) = (Vec::new(), Vec::new());
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        rest.extend_from_slice(framing.take(piece, &mut body)?);
    }
    framing.take(&[], &mut body)?;
    Ok((body, rest))
}

/// The same however it is cut.
fn chunks_are(text: &str, expected: Result<(&str, &str), Misframed>) {
    let expected = expected.map(|(body, rest)| (body.into(), rest.into()));
    for size in 1..=text.len() {
        let read = read(framed_11(&[CHUNKED]).unwrap(), text.as_bytes().chunks(size));
        assert_eq!(read, expected, "{text:?} in pieces of {size}");
    }
}

#[test]
fn headers_tell_the_length() {
    let told: [(&[&str], _); 12] = [
        (&[], Ok(Framing::UntilClosed)),
        (&["content-length: 0"], Ok(Framing::Length(0))),
        (&["content-length: 007"], Ok(Framing::Length(7))),
        (&["content-length: 7", "content-length: 7"], Ok(Framing::Length(7))),
        (&["content-length: 7, 7"], Ok(Framing::Length(7))),
        (&["content-length: 7", "content-length: 8"], Err(Misframed::Length)),
        (&["content-length: 7, 8"], Err(Misframed::Length)),
        (&["content-length: +7"], Err(Misframed::Length)),
        (&["content-length: 7 7"], Err(Misframed::Length)),
        (&["content-length: "], Err(Misframed::Length)),
        (&["content-length: 18446744073709551615"], Ok(Framing::Length(u64::MAX))),
        (&["content-length: 18446744073709551616"], Err(Misframed::Length)),
    ];
    for (lines, expected) in told {
        assert_eq!(framed_11(lines), expected, "{lines:?}");
    }
}

#[test]
fn chunks_are_the_only_coding() {
    for lines in [&["transfer-encoding: Chunked"][..], &["content-length: 5", CHUNKED]] {
        assert_eq!(framed_11(lines), Ok(Framing::Chunked(Chunks::START)), "{lines:?}");
    }
    for coding in ["gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", ""] {
        let line = format!("transfer-encoding: {coding}");
        assert_eq!(framed_11(&[&line, "content-length: 5"]), Err(Misframed::Coding), "{coding}");
    }
    assert_eq!(framed_11(&[CHUNKED, CHUNKED]), Err(Misframed::Coding));
    assert_eq!(framed(200, Version::HTTP_10, &[CHUNKED]), Err(Misframed::Coding));
}

#[test]
fn some_answers_have_no_body() {
    for status in [100, 204, 304] {
        let framing = framed(status, Version::HTTP_11, &["content-length: 5"]);
        assert_eq!(framing, Ok(Framing::Length(0)), "{status}");
    }
}

#[test]
fn a_length_ends_a_body() {
    let read = |text: &str| read(Framing::Length(5), [text.as_bytes()]);
    assert_eq!(read("hello"), Ok((b"hello".into(), b"".into())));
    assert_eq!(read("hello you"), Ok((b"hello".into(), b" you".into())));
    assert_eq!(read("hell"), Err(Misframed::CutOff));
}

#[test]
fn a_server_that_hangs_up_ends_a_body() {
    let pieces = ["hello", " you"].map(str::as_bytes);
    assert_eq!(read(Framing::UntilClosed, pieces), Ok((b"hello you".into(), b"".into())));
    assert_eq!(read(Framing::UntilClosed, []), Ok((b"".into(), b"".into())));
}

#[test]
fn good_chunks() {
    let good = [
        ("0\r\n\r\n", "", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
        ("2\r\nhe\r\n0003\r\nllo\r\n000\r\n\r\n", "hello", ""),
        (
            "A\r\n0123456789\r\n0b\r\n\r\n\r\n\r\n\r\n\r\n\0\r\n0\r\n\r\n",
            "0123456789\r\n\r\n\r\n\r\n\r\n\0",
            "",
        ),
        ("2;a=b;c=\"d\"\r\nhi\r\n0;e\r\n\r\n", "hi", ""),
        ("2 \t;a\r\nhi\r\n0 \r\n\r\n", "hi", ""),
        ("2\r\nhi\r\n0\r\nexpires: never\r\nx:\r\n\r\n", "hi", ""),
        ("2\r\nhi\r\n0\r\n\r\nHTTP/1.1 200 OK", "hi", "HTTP/1.1 200 OK"),
    ];
    for (text, body, rest) in good {
        chunks_are(text, Ok((body, rest)));
    }
}

#[test]
fn bad_chunks() {
    let bad = [
        "\r\n",
        ";a\r\n",
        "g\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x5\r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5 5\r\nhello\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5;a\nhello",
        "5\rhello",
        "2\r\nhi0\r\n\r\n",
        "2\r\nhi\n0\r\n\r\n",
        "2\r\nhi\rx0\r\n\r\n",
        "0\r\nx: y\rz\r\n",
        "2\r\nhi!\r\n0\r\n\r\n",
        "0\r\n\n",
        "0\r\nx: y\n\r\n",
        "0\r\nx: y\r\r\n",
        "0\r\n\rx",
        "10000000000000000\r\n",
    ];
    for text in bad {
        chunks_are(text, Err(Misframed::Chunk));
    }
}

#[test]
fn chunks_that_are_cut_off_are_no_body() {
    let whole = "5;a\r\nhello\r\n0\r\nx: y\r\n\r\n";
    for length in 1..whole.len() {
        chunks_are(&whole[..length], Err(Misframed::CutOff));
    }
    assert_eq!(read(framed_11(&[CHUNKED]).unwrap(), []), Err(Misframed::CutOff));
    let largest = read(framed_11(&[CHUNKED]).unwrap(), [&b"ffffffffffffffff\r\nhi"[..]]);
    assert_eq!(largest, Err(Misframed::CutOff));
}

#[test]
fn what_is_around_chunks_is_limited() {
    let long = "x".repeat(LONGEST_AROUND.into());
    for text in [format!("1;{long}"), format!("0\r\n{long}"), "0".repeat(long.len() + 1)] {
        let read = read(framed_11(&[CHUNKED]).unwrap(), [text.as_bytes()]);
        assert_eq!(read, Err(Misframed::Chunk));
    }
    let many = format!("{}0\r\n\r\n", "1;extended\r\nx\r\n".repeat(long.len()));
    let read = read(framed_11(&[CHUNKED]).unwrap(), [many.as_bytes()]);
    assert_eq!(read, Ok((long.into(), b"".into())));
}

/// Chunks, their bytes on the wire, and where those are cut.
fn cut_chunks() -> impl Strategy<Value = (Vec<u8>, Vec<u8>, Vec<usize>)> {
    let chunk = (prop::collection::vec(any::<u8>(), 1..40), "(;[a-z]{0,5})?");
    (prop::collection::vec(chunk, 0..8), "(x: [a-z]{0,5}\r\n){0,2}").prop_flat_map(
        |(chunks, trailers)| {
            let (mut body, mut wire) = (Vec::new(), Vec::new());
            for (data, extension) in chunks {
                body.extend_from_slice(&data);
                wire.extend_from_slice(format!("{:x}{extension}\r\n", data.len()).as_bytes());
                wire.extend_from_slice(&data);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
            let cuts = prop::collection::vec(0..=wire.len(), 0..10);
            (Just(body), Just(wire), cuts)
        },
    )
}

fn cut<'a>(wire: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts = [cuts, &[0, wire.len()]].concat();
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &wire[cut[0]..cut[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_body_is_the_same_however_its_chunks_are_cut((body, wire, cuts) in cut_chunks()) {
        let read = read(Framing::Chunked(Chunks::START), cut(&wire, &cuts));
        prop_assert_eq!(read, Ok((body, Vec::new())));
    }

    #[test]
    fn bytes_without_sense_are_read_the_same_however_they_are_cut(
        wire in "[0-3;x\r\n]{0,30}",
        cuts in prop::collection::vec(0_usize..=30, 0..10),
    ) {
        let cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut <= wire.len()).collect();
        let whole = read(Framing::Chunked(Chunks::START), [wire.as_bytes()]);
        prop_assert_eq!(read(Framing::Chunked(Chunks::START), cut(wire.as_bytes(), &cuts)), whole);
    }
}
