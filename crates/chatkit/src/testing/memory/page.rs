//! Pages of what is in memory.

use crate::protocol::{Order, Page};
use crate::{PageRequest, StoreError};

/// A page of a list that is in ascending order.
pub(super) fn cut<T>(
    mut list: Vec<T>,
    page: &PageRequest,
    id: impl Fn(&T) -> &str,
) -> Result<Page<T>, StoreError> {
    if page.order == Order::Desc {
        list.reverse();
    }
    if let Some(after) = &page.after {
        let at = list.iter().position(|entry| id(entry) == after);
        list.drain(..=at.ok_or_else(StoreError::unknown_cursor)?);
    }
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let has_more = list.len() > limit;
    list.truncate(limit);
    let after = list.last().filter(|_| has_more).map(|last| id(last).to_owned());
    Ok(Page { data: list, has_more, after })
}
