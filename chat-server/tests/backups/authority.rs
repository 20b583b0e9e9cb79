//! Who vouches for a server: an authority of the test's own, and a certificate from it.

use std::process::Command;

use tempfile::TempDir;

pub(crate) struct Authority(TempDir);

impl Authority {
    /// With a certificate for `localhost`, and for no address.
    pub(crate) fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        authority.issue("ca", &["-addext", "basicConstraints=critical,CA:TRUE"]);
        let (certificate, key) = (authority.certificate(), authority.path("ca.key"));
        let from = ["-CA", &certificate, "-CAkey", &key, "-addext", "basicConstraints=CA:FALSE"];
        let to = ["-addext", "subjectAltName=DNS:localhost"];
        authority.issue("server", &[&from[..], &to[..]].concat());
        authority
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// What a client checks servers against.
    pub(crate) fn certificate(&self) -> String {
        self.path("ca.crt")
    }

    fn issue(&self, name: &str, words: &[&str]) {
        let [key, certificate] = ["key", "crt"].map(|end| self.path(&format!("{name}.{end}")));
        let whose = self.0.path().file_name().unwrap().to_str().unwrap();
        let subject = format!("/CN={name} of {whose}");
        let mut command = Command::new("openssl");
        command.env("OPENSSL_CONF", "/dev/null").args(["req", "-x509", "-nodes", "-days", "2"]);
        command.args(["-newkey", "rsa:2048", "-subj", &subject]).args(words);
        let made = command.args(["-keyout", &key, "-out", &certificate]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
}
