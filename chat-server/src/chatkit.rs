//! The ChatKit endpoint.
