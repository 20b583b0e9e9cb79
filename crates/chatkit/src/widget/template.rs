//! `.widget` files: a widget as a template, as the widget builder exports it.

use minijinja::value::{Kwargs, Serde, ValueKind};
use minijinja::{Environment, ErrorKind, Output, State, UndefinedBehavior, filters};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::{Object, WidgetRoot};

/// The one version there is.
const VERSION: &str = "1.0";

/// The template's name within its own environment.
const NAME: &str = "widget";

/// A widget as a template: the content of a `.widget` file.
///
/// The template is Jinja text that renders to JSON. Values are put in with `tojson`, which escapes
/// them, as every exported template does: `{"type": "Text", "value": {{ (title) | tojson }}}`. A
/// variable that the data does not define is an error, never an empty text.
///
/// ```
/// # use chatkit_server::widget::WidgetTemplate;
/// # use serde_json::json;
/// let template = WidgetTemplate::parse(
///     r#"{"version": "1.0", "name": "Greeting",
///         "template": "{\"type\": \"Card\", \"children\": [{\"type\": \"Text\", \"value\": {{ name | tojson }}}]}"}"#,
/// )?;
/// let widget = template.build(&json!({"name": "the \"boss\""}))?;
/// assert_eq!(widget.0["children"][0]["value"], "the \"boss\"");
/// # Ok::<(), chatkit_server::widget::TemplateError>(())
/// ```
#[derive(Debug)]
pub struct WidgetTemplate {
    name: String,
    schema: Object,
    environment: Environment<'static>,
}

/// Why a `.widget` file cannot be used, or a widget cannot be built from it.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file is not JSON of the expected shape.
    #[error("not a widget file")]
    Unreadable(#[source] serde_json::Error),
    /// The file is of another version than `1.0`.
    #[error("unsupported version of widget files: {0}")]
    Version(String),
    /// The template is not Jinja.
    #[error("the template of widget `{name}` is malformed")]
    Malformed {
        /// The widget's name.
        name: String,
        /// Where, and what was expected there.
        #[source]
        source: minijinja::Error,
    },
    /// The template cannot be rendered with these data: a variable is missing, for instance.
    #[error("widget `{name}` cannot be rendered")]
    Unrendered {
        /// The widget's name.
        name: String,
        /// Which variable, or what else.
        #[source]
        source: minijinja::Error,
    },
    /// What was rendered is not JSON.
    #[error("widget `{name}` does not render to JSON")]
    NotJson {
        /// The widget's name.
        name: String,
        /// Where it is not.
        #[source]
        source: serde_json::Error,
    },
    /// What was rendered is JSON, but has no root.
    #[error("widget `{name}` does not render to a Card, a ListView or a Basic")]
    NoRoot {
        /// The widget's name.
        name: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    version: String,
    name: String,
    template: String,
    #[serde(default)]
    json_schema: Object,
}

impl WidgetTemplate {
    /// Reads the content of a `.widget` file.
    pub fn parse(file: &str) -> Result<Self, TemplateError> {
        let file: File = serde_json::from_str(file).map_err(TemplateError::Unreadable)?;
        if file.version != VERSION {
            return Err(TemplateError::Version(file.version));
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(write);
        environment.add_filter("tojson", tojson);
        match environment.add_template_owned(NAME, file.template) {
            Ok(()) => Ok(Self { name: file.name, schema: file.json_schema, environment }),
            Err(source) => Err(TemplateError::Malformed { name: file.name, source }),
        }
    }

    /// The widget's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The JSON schema of the data; empty if the file has none. It is for tools and models: data
    /// are not checked against it.
    pub fn schema(&self) -> &Object {
        &self.schema
    }

    /// Renders the widget with these data, which are an object, such as a struct or `json!({…})`.
    pub fn build(&self, data: &impl Serialize) -> Result<WidgetRoot, TemplateError> {
        let name = || self.name.clone();
        let template = self.environment.get_template(NAME).expect("`parse` has put it there");
        let rendered = template
            .render(Serde(data))
            .map_err(|source| TemplateError::Unrendered { name: name(), source })?;
        let root: Value = serde_json::from_str(&rendered)
            .map_err(|source| TemplateError::NotJson { name: name(), source })?;
        match root.get("type").and_then(Value::as_str) {
            Some("Card" | "ListView" | "Basic") => Ok(WidgetRoot(root)),
            _ => Err(TemplateError::NoRoot { name: name() }),
        }
    }
}

/// Writes texts as they are, because exported templates put JSON together from pieces, and anything
/// else as JSON has it.
fn write(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &minijinja::Value,
) -> Result<(), minijinja::Error> {
    // An `if` without its `else`; whatever else is undefined does not come this far.
    if value.is_undefined() {
        return Ok(());
    }
    if let Some(text) = value.as_str() {
        return Ok(out.write_str(text)?);
    }
    let json = serde_json::to_string(value).map_err(|error| {
        let message = "the value has no JSON form";
        minijinja::Error::new(ErrorKind::BadSerialization, message).with_source(error)
    })?;
    Ok(out.write_str(&json)?)
}

/// The engine's own filter makes `null` of what is not defined.
fn tojson(
    value: &minijinja::Value,
    indent: Option<minijinja::Value>,
    options: Kwargs,
) -> Result<minijinja::Value, minijinja::Error> {
    if !is_defined(value) {
        let message = "there is no such variable";
        return Err(minijinja::Error::new(ErrorKind::UndefinedError, message));
    }
    filters::tojson(value, indent, options)
}

/// Whether a value, with all that is in it, is there.
fn is_defined(value: &minijinja::Value) -> bool {
    let all = |value: &minijinja::Value, is: &dyn Fn(minijinja::Value) -> bool| {
        value.try_iter().is_ok_and(|mut parts| parts.all(is))
    };
    match value.kind() {
        ValueKind::Undefined => false,
        ValueKind::Seq | ValueKind::Iterable => all(value, &|part| is_defined(&part)),
        ValueKind::Map => {
            all(value, &|key| value.get_item(&key).is_ok_and(|part| is_defined(&part)))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
