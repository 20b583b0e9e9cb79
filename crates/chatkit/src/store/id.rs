//! What ids are for.

/// What an id is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// A conversation.
    Thread,
    /// A message, widget, picture or set of questions.
    Message,
    /// A call the browser is asked to run.
    ToolCall,
    /// A group of steps.
    Workflow,
    /// A single step.
    Task,
    /// A file.
    Attachment,
    /// Context that this crate keeps for the model.
    SdkHiddenContext,
    /// A turn.
    Turn,
}

impl IdKind {
    /// The protocol's own prefix for such ids. Clients do not rely on it.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Thread => "thr_",
            Self::Message => "msg_",
            Self::ToolCall => "tc_",
            Self::Workflow => "wf_",
            Self::Task => "tsk_",
            Self::Attachment => "atc_",
            Self::SdkHiddenContext => "shcx_",
            Self::Turn => "trn_",
        }
    }
}
