//! What somebody else did is put right, and told.

use serde_json::Value;

use super::Visit;
use crate::{
    apply::{drift, path::FieldPath},
    kinds::ChildId,
    status::Correction,
};

/// What stands as the field when all of an object had been deleted.
const WHOLE: &str = "the object";

impl Visit<'_> {
    /// Something that had been there before was deleted by somebody.
    pub(super) fn made(&mut self, id: &ChildId) {
        if self.pass.listed(id) {
            self.corrected(id, WHOLE.to_owned(), String::new());
        } else {
            self.report.created.push(id.clone());
        }
    }

    pub(super) fn corrected_fields(&mut self, id: &ChildId, fields: &[FieldPath], live: &Value) {
        let managers: Vec<String> = drift::others(fields, live).into_iter().collect();
        let fields: Vec<String> = fields.iter().take(3).map(ToString::to_string).collect();
        self.corrected(id, fields.join(", "), managers.join(", "));
    }

    fn corrected(&mut self, id: &ChildId, field: String, manager: String) {
        self.applier.fights.corrected(self.pass.key, id, &manager);
        self.report.corrected.push(Correction { child: id.clone(), field, manager });
    }

    /// Whether the object may be put right now; if not, the report says when.
    pub(super) fn may_correct(&mut self, id: &ChildId) -> bool {
        let wait = self.applier.fights.wait(self.pass.key, id);
        if wait.is_zero() {
            return true;
        }
        let sooner = self.report.again_after.map_or(wait, |again| again.min(wait));
        self.report.again_after = Some(sooner);
        false
    }
}
