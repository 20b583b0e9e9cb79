//! Models that speak the OpenAI protocols.
