//! The flags that say where the tools are.

use std::path::PathBuf;

use clap::Args;

use crate::{
    outgoing::Outgoing,
    tool_servers::{self, ToolServerSettings},
};

/// Where the tools are; one of the two.
#[derive(Debug, Clone, Args)]
#[group(id = "tool-servers", required = true, multiple = false)]
pub struct ToolArgs {
    /// Address of the tool server, e.g. `http://todo-tool-todo:8081/mcp`. It is also the audience of
    /// the tokens minted for it.
    #[arg(long, env = "TODOCHAT_MCP_URL", value_name = "URL")]
    pub mcp_url: Option<String>,
    /// File that names several tool servers (JSON, see docs/api.md); read once, at start.
    #[arg(long, env = "TODOCHAT_TOOL_SERVERS_FILE", value_name = "FILE")]
    pub tool_servers_file: Option<PathBuf>,
}

impl ToolArgs {
    /// The tool servers, judged as far as that can be done without asking them.
    pub fn servers(&self, outgoing: &Outgoing) -> anyhow::Result<Vec<ToolServerSettings>> {
        match &self.tool_servers_file {
            Some(file) => tool_servers::read(file, outgoing),
            None => Ok(self.mcp_url.clone().map(ToolServerSettings::ours).into_iter().collect()),
        }
    }
}
