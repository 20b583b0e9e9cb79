//! The program itself, started as a person starts it.

#[cfg(test)]
mod crash;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod running;
#[cfg(test)]
mod token;
#[cfg(test)]
mod up;
