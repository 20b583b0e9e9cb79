//! Threads, their items and the message limit, in the database.
//!
//! ```text
//! threads  implements the ChatKit server's `Store`; begins a turn in one commit:
//!          the turn, the limit, the new thread with its title, the user's message
//! limit    how many messages a minute (GCRA in one statement)
//! attachments  what is known of files
//! feedback  what users think of answers
//! title    what a new thread is called
//! turns    who answers in a thread, and what is left of those who died
//! ```

pub mod attachments;
pub mod feedback;
mod limit;
pub mod threads;
pub mod title;
mod turns;

pub use limit::MessageLimit;
