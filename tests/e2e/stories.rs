//! What happens to chats, one file for each kind of thing.

mod backups;
mod cnpg;
mod databases_die;
mod deletion;
mod drift;
mod external;
mod install_and_chat;
mod migrations;
mod pods_die;
mod refusals;
mod rollouts;
mod rotation;
mod tenants;
mod upgrade;
