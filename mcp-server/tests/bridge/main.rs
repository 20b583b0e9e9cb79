//! The bridge in front of a program that shares no code with it (`child.mjs`, run by Node).

#[cfg(test)]
mod bridged;
#[cfg(test)]
mod program;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod trouble;
