//! The agent loop: model and tools in turn, within limits.
