//! Cron schedules as a CronJob takes them, in UTC: what is one, and when it is due next.
//!
//! Read as the library of Kubernetes reads them (`robfig/cron`): `5/10` goes on to the end of its field, and where both days
//! are said, either is enough.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

/// What stands for five fields.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
const MINUTES: Bounds = Bounds { least: 0, most: 59, names: &[] };
const HOURS: Bounds = Bounds { least: 0, most: 23, names: &[] };
const DAYS: Bounds = Bounds { least: 1, most: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds =
    Bounds { least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };
/// How many days are looked at: what is not due in five years is thought never to be, as a CronJob thinks.
const HORIZON: usize = 5 * 366;

/// When something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

impl Schedule {
    /// Five fields of cron, or one of its words; `None` for what a CronJob does not take.
    pub fn parse(text: &str) -> Option<Self> {
        let text = WORDS.iter().find(|word| word.0 == text.trim()).map_or(text, |word| word.1);
        let fields: Vec<_> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return None };
        Some(Self {
            minutes: MINUTES.field(minute)?,
            hours: HOURS.field(hour)?,
            days: DAYS.field(day)?,
            months: MONTHS.field(month)?,
            weekdays: WEEKDAYS.field(weekday)?,
        })
    }

    /// When it is due for the first time after `time`, if ever.
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut days = time.date_naive().iter_days().take(HORIZON);
        days.find_map(|day| {
            let mut times = self.has_day(day).then(|| self.times(day))?;
            times.find(|due| *due > time)
        })
    }

    fn has_day(&self, day: NaiveDate) -> bool {
        let in_month = self.days.has(day.day());
        let in_week = self.weekdays.has(day.weekday().num_days_from_sunday());
        let is_day = if self.days.is_any || self.weekdays.is_any {
            in_month && in_week
        } else {
            in_month || in_week
        };
        is_day && self.months.has(day.month())
    }

    /// The times of a day, in their order.
    fn times(&self, day: NaiveDate) -> impl Iterator<Item = DateTime<Utc>> {
        let (hours, minutes) = (self.hours, self.minutes);
        (0..24).filter(move |hour| hours.has(*hour)).flat_map(move |hour| {
            let minutes = (0..60).filter(move |minute| minutes.has(*minute));
            minutes.filter_map(move |minute| Some(day.and_hms_opt(hour, minute, 0)?.and_utc()))
        })
    }
}

/// The numbers of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Field {
    /// A bit for each.
    bits: u64,
    /// Whether it says nothing: `*`.
    is_any: bool,
}

impl Field {
    fn has(self, number: u32) -> bool {
        (self.bits >> number) & 1 == 1
    }
}

/// Which numbers a field may have, and the names of them.
struct Bounds {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

impl Bounds {
    /// Parts with commas between them.
    fn field(&self, text: &str) -> Option<Field> {
        text.split(',').try_fold(Field::default(), |field, part| {
            let part = self.part(part)?;
            Some(Field { bits: field.bits | part.bits, is_any: field.is_any || part.is_any })
        })
    }

    /// A number, two with a dash between them, or `*`; behind it, with a slash, every how many of them.
    fn part(&self, text: &str) -> Option<Field> {
        let (range, step) = text.split_once('/').unwrap_or((text, "1"));
        let step = number(step).filter(|step| *step > 0)?;
        let (from, to) = self.range(range)?;
        let is_open = text.contains('/') && !range.contains('-');
        let to = if is_open { self.most } else { to };
        let numbers = (from..=to).step_by(usize::try_from(step).ok()?);
        let bits = numbers.fold(0_u64, |bits, number| bits | (1_u64 << number));
        (from <= to).then_some(Field { bits, is_any: is_any(range) && step == 1 })
    }

    fn range(&self, text: &str) -> Option<(u32, u32)> {
        match text.split_once('-') {
            _ if is_any(text) => Some((self.least, self.most)),
            Some((from, to)) => Some((self.value(from)?, self.value(to)?)),
            None => self.value(text).map(|value| (value, value)),
        }
    }

    /// A number, or the name of one.
    fn value(&self, text: &str) -> Option<u32> {
        let named =
            (self.least..).zip(self.names).find(|(_, name)| name.eq_ignore_ascii_case(text));
        let value = named.map(|(value, _)| value).or_else(|| number(text))?;
        (self.least..=self.most).contains(&value).then_some(value)
    }
}

fn is_any(range: &str) -> bool {
    matches!(range, "*" | "?")
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
