//! The wire types as TypeScript, in one module.
//!
//! ```text
//! cargo run -p chatkit-server --features typescript --example typescript
//! ```

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use ts_rs::{Config, TS, TypeVisitor};

use crate::protocol::{
    Annotation, AssistantMessageContent, Attachment, Operation, Page, Source,
    SyncCustomActionResponse, Thread, ThreadItem, ThreadStreamEvent, TranscriptionResult,
};

const HEADER: &str = "\
// The ChatKit protocol. Generated from crates/chatkit/src/protocol.rs by `make generate`;
// a test fails when it is stale.
";

/// The module: every type that can be on the wire, sorted by name.
pub fn module() -> String {
    let mut types =
        Types { config: Config::default(), seen: HashSet::new(), found: BTreeMap::new() };
    types.visit::<Operation>();
    types.visit::<ThreadStreamEvent>();
    types.visit::<Thread>();
    types.visit::<Page<ThreadItem>>();
    types.visit::<Attachment>();
    types.visit::<SyncCustomActionResponse>();
    types.visit::<TranscriptionResult>();
    let mut module = HEADER.to_owned();
    for (docs, declaration) in types.found.values() {
        write!(module, "\n{docs}export {declaration}\n")
            .expect("writing to a String does not fail");
    }
    tidy(&module)
}

/// The same with each comment next to what it is about, and nothing at the ends of lines.
fn tidy(module: &str) -> String {
    let mut tidied = String::with_capacity(module.len());
    let mut comment: Option<Vec<&str>> = None;
    let mut indent = "";
    for line in module.lines().map(str::trim_end) {
        match (&mut comment, line) {
            (None, "/**") => comment = Some(Vec::new()),
            (Some(words), " */") => {
                let words = words.join(" ");
                tidied.extend([indent, "/** ", &words, " */\n"]);
                comment = None;
            }
            (Some(words), _) => words.push(line.trim_start_matches(" *").trim_start()),
            (None, _) => {
                // Inside a declaration the generator sets no indent.
                let is_start =
                    line.is_empty() || line.starts_with("export") || line.starts_with("//");
                tidied.extend([if is_start { "" } else { indent }, line, "\n"]);
                indent = if line.ends_with(';') || line.is_empty() { "" } else { "  " };
            }
        }
    }
    tidied
}

/// What was found so far: by name, the comment and the declaration.
struct Types {
    config: Config,
    seen: HashSet<TypeId>,
    found: BTreeMap<String, (String, String)>,
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // A type without a file of its own is one that TypeScript has already.
        if T::output_path().is_none() || !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        let docs = T::docs().unwrap_or_default();
        self.found.insert(T::ident(&self.config), (docs, T::decl(&self.config)));
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

/// The two structs with a `type` of their own: the derive would call them by that.
macro_rules! declare {
    ($rust:ident = $declaration:literal, uses $used:ty) => {
        impl TS for $rust {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;

            fn name(_: &Config) -> String {
                stringify!($rust).to_owned()
            }

            fn inline(_: &Config) -> String {
                $declaration.to_owned()
            }

            fn decl(config: &Config) -> String {
                format!("type {} = {};", Self::name(config), Self::inline(config))
            }

            fn visit_dependencies(visitor: &mut impl TypeVisitor) {
                visitor.visit::<$used>();
            }

            fn output_path() -> Option<PathBuf> {
                Some(concat!(stringify!($rust), ".ts").into())
            }
        }
    };
}

declare!(
    AssistantMessageContent =
        r#"{ "type": "output_text", text: string, annotations: Array<Annotation> }"#,
    uses Annotation
);
declare!(
    Annotation = r#"{ "type": "annotation", source: Source, index?: number }"#,
    uses Source
);

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_panel_has_the_types_of_this_protocol() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/element/src");
        if !folder.exists() {
            return; // this package alone, without the panel
        }
        let written = std::fs::read_to_string(folder.join("protocol.gen.ts")).unwrap_or_default();
        assert!(written == super::module(), "protocol.gen.ts is stale: run `make generate`");
    }
}
