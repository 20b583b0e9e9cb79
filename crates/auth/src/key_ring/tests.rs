use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_thumbprint_is_that_of_rfc_8037() {
    // RFC 8037 appendices A.1 to A.3.
    let stored: key::PrivateJwk = serde_json::from_value(json!({
        "kty": "OKP", "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }))
    .unwrap();
    let key = SigningKey::from_stored(&stored).unwrap();
    assert_eq!(key.public().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_ring_is_made_once_for_its_owner_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let made = KeyRing::load_or_create(&path).unwrap();
    let again = KeyRing::load_or_create(&path).unwrap();

    assert_eq!(made.jwks(), again.jwks());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft stays behind");
}

#[test]
fn many_that_start_at_once_share_one_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let rings: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| KeyRing::load_or_create(&path).unwrap().jwks()))
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(rings.iter().all(|ring| *ring == rings[0]));
}

#[test]
fn a_file_that_is_no_ring_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let good = KeyRing::generate().to_json();
    let other = KeyRing::generate().to_json();
    let x = |text: &str| serde_json::from_str::<Value>(text).unwrap()["current"]["x"].to_string();
    for bad in
        ["", "{}", "[]", &good.replace("Ed25519", "P-256"), &good.replace(&x(&good), &x(&other))]
    {
        std::fs::write(&path, bad).unwrap();
        assert!(
            matches!(KeyRing::load_or_create(&path), Err(KeyRingError::Invalid { .. })),
            "{bad}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), bad);
    }
}

#[test]
fn every_key_is_published_without_its_private_half() {
    let ring = KeyRing {
        current: SigningKey::generate(),
        next: Some(SigningKey::generate()),
        retired: vec![SigningKey::generate().public().clone()],
    };
    let published = KeyRing::from_json(&ring.to_json()).unwrap().jwks();
    assert_eq!(published, ring.jwks());
    let keys = published["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key.get("d").is_none()));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let ring = KeyRing::generate();
    let twice = KeyRing { retired: vec![ring.current.public().clone()], ..ring };
    assert!(KeyRing::from_json(&twice.to_json()).is_err());
}

#[test]
fn debug_output_holds_no_private_half() {
    let ring = KeyRing::generate();
    let d = ring.current.stored();
    let d = serde_json::to_value(d).unwrap()["d"].as_str().unwrap().to_owned();
    assert!(!format!("{ring:?}").contains(&d));
}

#[test]
fn a_key_is_published_before_it_signs_and_after_it_has_signed() {
    let kids = |ring: &KeyRing| ring.public().map(|(kid, _)| kid).collect::<Vec<_>>();
    let first = KeyRing::generate();
    let old = kids(&first)[0].clone();
    assert!(!first.has_next() && !first.has_retired());

    let published = first.with_next();
    let new = kids(&published)[1].clone();
    assert_eq!(kids(&published), [old.clone(), new.clone()]);
    let published = published.with_next();
    assert_eq!(kids(&published).len(), 2, "done again, nothing changes");

    let turned = published.promoted();
    assert_eq!(kids(&turned), [new.clone(), old]);
    assert!(turned.has_retired() && !turned.has_next());
    let turned = KeyRing::from_json(&turned.promoted().to_json()).unwrap();
    assert_eq!(kids(&turned).len(), 2, "done again, nothing changes");
    assert_eq!(kids(&turned.without_retired()), [new]);
}
