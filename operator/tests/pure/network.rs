//! Who can reach whom by the NetworkPolicies of an object: an evaluator of its own, from what Kubernetes' documentation says
//! that a policy means, and a world of pods and addresses to ask it about.
//!
//! ```text
//! evaluator   may this one send that one something on this port?
//! places      the pods of an object, of another one, and everybody else
//! tables      everybody × everybody, as text: one for each mode of the database and each type of exposure
//! laws        what holds for any spec
//! ```

pub(crate) mod evaluator;
pub(crate) mod laws;
mod places;
mod tables;
