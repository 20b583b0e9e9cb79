//! What can be shown of the operator without a cluster.

mod admission;
mod children;
mod definition;
mod goldens;
mod properties;
