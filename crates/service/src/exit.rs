//! What an exit code tells besides that it failed: the one thing of a program in a pod that whoever looks at the pod can see
//! without its log. The numbers are those of `sysexits.h`.

/// The database does not answer.
pub const UNREACHABLE: u8 = 69;
/// The login may not make another one.
pub const MAY_NOT_CREATE: u8 = 73;
/// The login that is to be retired is still in use.
pub const STILL_IN_USE: u8 = 75;
/// TLS with the database comes to nothing: its certificate is not what it should be, or there is none.
pub const TLS: u8 = 76;
/// The database does not let the login in.
pub const LOGIN_REFUSED: u8 = 77;
