//! Tables and ages as kubectl prints them.

use std::fmt::{self, Write as _};

use chrono::{DateTime, TimeDelta, Utc};

/// Between two columns.
const GAP: usize = 3;

/// Rows under headings. The last column is as wide as it likes.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(headings: &[&str]) -> Self {
        let mut table = Self { rows: Vec::new() };
        table.row(headings.iter().map(|&heading| heading.to_owned()));
        table
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // What is said of one thing stays in one line.
        let one_line = |cell: String| cell.split_whitespace().collect::<Vec<_>>().join(" ");
        self.rows.push(cells.into_iter().map(one_line).collect());
    }

    /// Whether there is nothing under the headings.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let cell = if cell.is_empty() { "-" } else { cell };
                let width = self.width(column) + GAP;
                write!(line, "{cell:<width$}")?;
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// How long ago an RFC 3339 time was; unknown if it is none.
pub(super) fn age(since: &str, now: DateTime<Utc>) -> String {
    let since = since.parse::<DateTime<Utc>>();
    since.map_or_else(|_| "<unknown>".to_owned(), |since| short(now - since))
}

/// As kubectl shortens it: two units while the smaller one says something.
fn short(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let two = |many, unit, fewer, smaller| match fewer {
        0 => format!("{many}{unit}"),
        _ => format!("{many}{unit}{fewer}{smaller}"),
    };
    match seconds {
        ..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        _ => two(days / 365, "y", days % 365, "d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["NAME", "READY", "URL"]);
        table.row(["team-a", "True", ""].map(str::to_owned));
        table.row(["b", "False", "https://b.example"].map(str::to_owned));
        let lines =
            ["NAME     READY   URL", "team-a   True    -", "b        False   https://b.example"];
        assert_eq!(table.to_string().lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn a_cell_stays_in_its_line() {
        let mut table = Table::new(&["WHY"]);
        assert!(table.is_empty());
        table.row(["one\n  two".to_owned()]);
        assert!(!table.is_empty());
        assert_eq!(table.to_string(), "WHY\none two\n");
    }

    #[test]
    fn ages_are_kubectl_s() {
        for (seconds, shown) in [
            (-5, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (600, "10m"),
            (10_740, "179m"),
            (11_100, "3h5m"),
            (90_000, "25h"),
            (180_000, "2d2h"),
            (2_592_000, "30d"),
            (63_158_400, "2y1d"),
        ] {
            assert_eq!(short(TimeDelta::seconds(seconds)), shown);
        }
        let now = "2026-01-01T00:01:00Z".parse().unwrap();
        assert_eq!(age("2026-01-01T00:00:30Z", now), "30s");
        assert_eq!(age("", now), "<unknown>");
    }
}
