//! The web app, served from the binary.
