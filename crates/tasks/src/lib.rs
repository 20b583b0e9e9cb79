//! The to-do domain and its store.
