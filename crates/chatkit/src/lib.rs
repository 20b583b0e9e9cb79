//! The ChatKit protocol and server.
