//! Where our server does otherwise than the SDK, on purpose. A case that shows a difference names it; docs/chatkit-parity.md lists
//! them all.

/// A difference that has a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    ActionsHaveTypes,
    BoundedLimits,
    ClosedConversations,
    EarlyRefusal,
    EmptyMessages,
    ErrorsComeLast,
    FeedbackFindsItsThread,
    GivenDefaults,
    HiddenBeforeCut,
    HiddenNeverSent,
    NothingHalfMade,
    OpenErrorCodes,
    OwnFilesOnly,
    PartialAnswersKept,
    PlainTypes,
    StrictBodies,
    TimesInUtc,
    UnseenTextIsSent,
    WidgetsAreOpaque,
    WorkflowsKept,
}

/// Each with what the SDK does, what we do, and why.
pub(crate) const DIFFERENCES: [(Difference, [&str; 3]); 20] = [
    (
        Difference::EarlyRefusal,
        [
            "What is malformed, unknown or does not fit is a 500 in plain text, a stream that is cut off, or an empty stream.",
            "400, 404, 409 or 422 as JSON, before a stream begins.",
            "A client can tell what went wrong, a proxy does not retry what can never work, and a cut stream always means a lost connection.",
        ],
    ),
    (
        Difference::StrictBodies,
        [
            "A key twice, more than 64 levels, U+0000 in a text, a key that begins with `$serde_json::private::`, numbers beyond a double and integers beyond 64 bits are read.",
            "400; but where any value may stand, an integer beyond 64 bits becomes a double, as in a browser.",
            "Such a body can be read in two ways, exhausts a stack, or cannot be kept by a database. Nobody sends it in good will.",
        ],
    ),
    (
        Difference::PlainTypes,
        [
            "`true` is read as the number 1, and 1 or `\"yes\"` as `true`.",
            "400.",
            "It is Python's habit and no client's.",
        ],
    ),
    (
        Difference::GivenDefaults,
        [
            "`params` of a list, `attachments`, `inference_options` and a tag's `data` must be there; `metadata` may not be null.",
            "Missing or null is the default.",
            "The client's own types call them optional.",
        ],
    ),
    (
        Difference::ActionsHaveTypes,
        [
            "An action without a `type` is handed to the application.",
            "400.",
            "It is a slip in the SDK's type: the field's default is a type variable.",
        ],
    ),
    (
        Difference::EmptyMessages,
        [
            "A message without text and files begins a turn.",
            "422 `empty_message`.",
            "There is nothing to answer; models refuse it, and it costs a turn.",
        ],
    ),
    (
        Difference::ClosedConversations,
        [
            "A locked or closed conversation takes messages; only the client stops them.",
            "409 `thread_locked` or `thread_closed`.",
            "A rule that only the client keeps is none.",
        ],
    ),
    (
        Difference::BoundedLimits,
        [
            "A negative `limit` reaches the store.",
            "Read as 1; more than 10,000 is read as 10,000.",
            "What a store makes of -5 is an accident.",
        ],
    ),
    (
        Difference::NothingHalfMade,
        [
            "A new conversation and its files are kept one after the other: a file that is missing leaves an empty conversation.",
            "Everything a message brings is kept in one commit, or nothing of it.",
            "A refused message must leave no trace in the history.",
        ],
    ),
    (
        Difference::OwnFilesOnly,
        [
            "`attachments.delete` asks the file store to delete whatever id it is given.",
            "Only what the caller's own store knows is deleted; the answer is the same `{}`.",
            "An id is no permission.",
        ],
    ),
    (
        Difference::FeedbackFindsItsThread,
        [
            "Feedback on a conversation that is not there reaches the application.",
            "404.",
            "The application is given the conversation, so there has to be one, and the caller's own.",
        ],
    ),
    (
        Difference::HiddenBeforeCut,
        [
            "Hidden items are taken out after a page is cut: pages are short or empty, and a cursor names what the client never saw.",
            "They are taken out first.",
            "A full page says what it seems to say, and no hidden id leaves the server.",
        ],
    ),
    (
        Difference::HiddenNeverSent,
        [
            "A hidden item is held back from `thread.item.done` only; in `added` and `replaced` it is sent.",
            "Held back from all three, and so are its updates and its removal.",
            "Hidden means hidden.",
        ],
    ),
    (
        Difference::PartialAnswersKept,
        [
            "When the application breaks, what it had begun is lost on reload.",
            "Text with words and workflows with steps are closed and kept, the rest is taken back, and the client is told of both before the `error`.",
            "What a person has read does not vanish.",
        ],
    ),
    (
        Difference::WorkflowsKept,
        [
            "When a client hangs up, an open workflow is dropped.",
            "It is closed and kept; steps that were running show that they did not finish.",
            "It says what was done in the person's name.",
        ],
    ),
    (
        Difference::ErrorsComeLast,
        [
            "A change of the conversation made just before a failure is told after the `error`.",
            "An application tells of a change with `thread.updated`, so it comes where it was said; nothing follows an `error` of the server's.",
            "Clients stop reading at an error.",
        ],
    ),
    (
        Difference::OpenErrorCodes,
        [
            "An `error` event may only have the codes `custom` and `stream.error`.",
            "Any code passes.",
            "The SDK itself calls the codes no closed set.",
        ],
    ),
    (
        Difference::WidgetsAreOpaque,
        [
            "Widgets are read into typed models, which lose properties that the client knows, such as `Card.border`.",
            "They are JSON that passes through.",
            "The client is ahead of every model of it.",
        ],
    ),
    (
        Difference::UnseenTextIsSent,
        [
            "Text of a widget that grows but has no id, or is an only child, is not told until the widget is done.",
            "The whole widget is sent.",
            "What has changed is seen when it changes.",
        ],
    ),
    (
        Difference::TimesInUtc,
        [
            "`created_at` is the server's local time without an offset.",
            "UTC with `Z`, with six digits of a second or none.",
            "A browser reads a time without an offset as its own.",
        ],
    ),
];
