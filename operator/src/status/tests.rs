//! A whole world in, a whole status out.

