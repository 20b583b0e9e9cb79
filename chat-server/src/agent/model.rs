//! What a language model is to the agent.
