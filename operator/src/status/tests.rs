//! A whole world in, a whole status out.

mod announcing;
mod conditions;
mod events;
mod facts;
mod ready;
mod reasons;
mod scene;
