//! What can be shown of the operator without a cluster.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod children;
#[cfg(test)]
mod definition;
#[cfg(test)]
mod goldens;
#[cfg(test)]
mod network;
#[cfg(test)]
mod official_image;
#[cfg(test)]
mod page;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rights;
