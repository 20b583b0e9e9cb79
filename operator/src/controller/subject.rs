//! The object that a look is about.

use tokio::sync::SetOnce;

use crate::crd::TodoChat;

/// The object that a look is about: as it was read, and as it is once its new generation has been announced.
pub(super) struct Subject {
    /// As it was read. The announcement changes its status and its version, and neither what is wanted nor the inventory.
    pub(super) object: TodoChat,
    announced: Option<SetOnce<TodoChat>>,
}

impl Subject {
    /// An object whose status is of its own generation.
    pub(super) fn announced(object: TodoChat) -> Self {
        Self { object, announced: None }
    }

    /// An object whose announcement is on its way.
    pub(super) fn announcing(object: TodoChat) -> Self {
        Self { object, announced: Some(SetOnce::new()) }
    }

    /// The announcement was taken: this is the object now.
    pub(super) fn settle(&self, written: TodoChat) {
        if let Some(announced) = &self.announced {
            drop(announced.set(written));
        }
    }

    /// The object as it is now, once its announcement was taken. The next write of the object itself needs its version.
    pub(super) async fn settled(&self) -> &TodoChat {
        match &self.announced {
            Some(announced) => announced.wait().await,
            None => &self.object,
        }
    }
}
