//! What happens to chats, one file for each kind of thing.

mod backups;
mod databases_die;
mod deletion;
mod drift;
mod install_and_chat;
mod pods_die;
mod rollouts;
mod rotation;
mod tenants;
