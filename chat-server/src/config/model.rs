//! The flags of the model that answers.

use std::{fmt, path::PathBuf};

use clap::{Args, ValueEnum};

/// Which model answers, and how it is reached.
#[derive(Clone, Args)]
pub struct ModelArgs {
    /// Base URL of an OpenAI-compatible API, e.g. `http://127.0.0.1:11434/v1`. Default: OpenAI's
    /// own, when there is a key.
    #[arg(long = "model-base-url", env = "TODOCHAT_MODEL_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// The model's name.
    #[arg(long = "model-name", env = "TODOCHAT_MODEL_NAME", default_value = "gpt-5-mini")]
    pub name: String,
    /// The wire API: `auto` is Responses for OpenAI and Azure, Chat Completions for all others.
    #[arg(long = "model-api", env = "TODOCHAT_MODEL_API", value_enum, default_value = "auto")]
    pub api: ModelApi,
    /// File that holds the API key; read again when it changes.
    #[arg(long = "model-api-key-file", env = "TODOCHAT_MODEL_API_KEY_FILE", value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// The API key itself; from the environment only.
    #[arg(long = "model-api-key", env = "OPENAI_API_KEY", hide = true, hide_env_values = true)]
    pub api_key: Option<String>,
    /// Whether the model is shown pictures that users add to messages. Default: with the Responses API only, because many
    /// servers refuse them.
    #[arg(long = "model-images", env = "TODOCHAT_MODEL_IMAGES", value_name = "BOOL")]
    pub images: Option<bool>,
    /// Without a model: `auto` answers with the offline command mode, `off` refuses with 503.
    #[arg(long, env = "TODOCHAT_OFFLINE_MODE", value_enum, default_value = "auto")]
    pub offline_mode: OfflineMode,
}

/// The wire API of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModelApi {
    /// By the host's name.
    Auto,
    /// OpenAI Responses.
    Responses,
    /// Chat Completions.
    Chat,
}

/// What answers when no model is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OfflineMode {
    /// The offline command mode.
    Auto,
    /// Nothing: 503.
    Off,
}

impl fmt::Debug for ModelArgs {
    /// Never shows the key.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base_url, name, api, api_key_file, api_key: _, images, offline_mode } = self;
        out.debug_struct("ModelArgs")
            .field("base_url", base_url)
            .field("name", name)
            .field("api", api)
            .field("api_key_file", api_key_file)
            .field("images", images)
            .field("offline_mode", offline_mode)
            .finish_non_exhaustive()
    }
}

impl ModelArgs {
    /// The base URL; an empty one, as some shells leave it, is none.
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref().filter(|url| !url.trim().is_empty())
    }

    /// The key; an empty one is none.
    pub fn api_key(&self) -> Option<&str> {
        self.api_key.as_deref().filter(|key| !key.trim().is_empty())
    }
}
