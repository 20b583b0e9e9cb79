//! Agent events become ChatKit events.
