//! What the subcommands print.

use std::io::{self, ErrorKind, Write, stdout};

/// Prints it whole. Whoever has seen enough, as `head` has, may stop reading.
pub(crate) fn print(text: &str) -> io::Result<()> {
    print_to(&mut stdout().lock(), text)
}

fn print_to(out: &mut impl Write, text: &str) -> io::Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails in one way.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn that_nobody_reads_on_is_no_failure() {
        assert!(print_to(&mut Failing(ErrorKind::BrokenPipe), "text").is_ok());
        let full = print_to(&mut Failing(ErrorKind::StorageFull), "text");
        assert_eq!(full.unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
