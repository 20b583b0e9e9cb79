//! What we make, judged by those who have to take it.

#[cfg(test)]
mod child_args;
