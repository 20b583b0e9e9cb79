//! One answer, not streamed.
