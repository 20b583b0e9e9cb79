//! Threads and items: the ChatKit store.
