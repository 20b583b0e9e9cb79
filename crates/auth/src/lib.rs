//! Tokens, key rings, passwords and the proven user.
