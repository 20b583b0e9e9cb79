//! What we make, judged by those who have to take it.

mod child_args;
