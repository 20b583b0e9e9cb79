//! Who is calling: token to user.
