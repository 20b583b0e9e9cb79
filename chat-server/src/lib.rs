//! The ChatKit server, accounts, REST, the agent and the web app.
