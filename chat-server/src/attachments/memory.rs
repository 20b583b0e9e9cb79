//! Files are held in memory while they are received: nothing is written of one that is cut short, too large or not what it says.
//! How much that may be, for all uploads of the process together, is bounded here.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::AttachmentError;

/// What is counted at a time.
const UNIT: usize = 1024;

/// At least so much there is, and room for so many of the largest files.
const LEAST: u64 = 64 * 1024 * 1024;
const LARGEST_AT_ONCE: u64 = 4;

/// The memory for uploads. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    units: Arc<Semaphore>,
    most: u64,
}

/// A file being received.
#[derive(Debug)]
pub(super) struct Receiving {
    memory: Memory,
    bytes: BytesMut,
    held: Option<OwnedSemaphorePermit>,
}

/// A file that was received; its memory is free again when it is dropped.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    _held: Option<OwnedSemaphorePermit>,
}

impl Memory {
    /// Enough for files of at most `most` bytes.
    pub(super) fn new(most: u64) -> Self {
        let units = LEAST.max(most * LARGEST_AT_ONCE) / UNIT as u64;
        let units = usize::try_from(units).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { units: Arc::new(Semaphore::new(units)), most }
    }

    /// Room for one more file, which has no bytes yet.
    pub(super) fn receive(&self) -> Receiving {
        Receiving { memory: self.clone(), bytes: BytesMut::new(), held: None }
    }
}

impl Receiving {
    /// Takes the next piece, unless the file gets too large or there is no memory. Never waits: who waits holds what others wait for.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), AttachmentError> {
        let length = self.bytes.len() + piece.len();
        if length as u64 > self.memory.most {
            return Err(AttachmentError::TooLarge { most: self.memory.most });
        }
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(length.div_ceil(UNIT) - held).unwrap_or(u32::MAX);
        if more > 0 {
            let units = Arc::clone(&self.memory.units);
            let permit = units.try_acquire_many_owned(more).map_err(|_| AttachmentError::Busy)?;
            match &mut self.held {
                Some(held) => held.merge(permit),
                none => *none = Some(permit),
            }
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// It is whole.
    pub(super) fn done(self) -> Received {
        Received { bytes: self.bytes.freeze(), _held: self.held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_not_received() {
        let mut file = Memory::new(1000).receive();
        file.take(&[0; 999]).unwrap();
        file.take(&[0]).unwrap();
        assert!(matches!(file.take(&[0]), Err(AttachmentError::TooLarge { most: 1000 })));
    }

    #[test]
    fn the_memory_of_a_file_is_free_again_when_it_is_gone() {
        let memory = Memory::new(16 * 1024 * 1024);
        let mut files: Vec<Receiving> = (0..4).map(|_| memory.receive()).collect();
        let piece = vec![0; 8 * 1024 * 1024];
        for file in &mut files {
            file.take(&piece).unwrap();
            file.take(&piece).unwrap();
        }
        assert!(matches!(memory.receive().take(&[0]), Err(AttachmentError::Busy)));
        let received = files.pop().unwrap().done();
        assert_eq!(received.bytes.len(), 2 * piece.len());
        assert!(matches!(memory.receive().take(&[0]), Err(AttachmentError::Busy)));
        drop(received);
        memory.receive().take(&[0]).unwrap();
    }
}
