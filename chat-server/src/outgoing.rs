//! Which addresses this server may call.
