//! Cron schedules as a CronJob takes them.

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const WORDS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Whether it is five fields of cron, or one of its words.
pub(super) fn is_schedule(text: &str) -> bool {
    let fields: Vec<_> = text.split_ascii_whitespace().collect();
    match fields[..] {
        [word] => WORDS.contains(&word),
        [minute, hour, day, month, weekday] => {
            is_field(minute, 0, 59, &[])
                && is_field(hour, 0, 23, &[])
                && is_field(day, 1, 31, &[])
                && is_field(month, 1, 12, &MONTHS)
                && is_field(weekday, 0, 6, &DAYS)
        }
        _ => false,
    }
}

fn is_field(field: &str, least: usize, most: usize, names: &[&str]) -> bool {
    field.split(',').all(|part| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let stepped = step.is_none_or(|step| step.parse::<usize>().is_ok_and(|step| step > 0));
        stepped && is_range(range, least, most, names)
    })
}

fn is_range(range: &str, least: usize, most: usize, names: &[&str]) -> bool {
    let value = |text: &str| {
        let by_name = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = by_name.map(|index| index + least).or_else(|| number(text))?;
        (least..=most).contains(&value).then_some(value)
    };
    match range.split_once('-') {
        _ if matches!(range, "*" | "?") => true,
        Some((from, to)) => value(from).zip(value(to)).is_some_and(|(from, to)| from <= to),
        None => value(range).is_some(),
    }
}

fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_fields_or_a_word_are_a_schedule() {
        for text in ["0 3 * * *", "*/15 0-6,20 1 JAN-mar mon", "0 0 1/2 ? *", "@daily"] {
            assert!(is_schedule(text), "{text}");
        }
    }

    #[test]
    fn what_a_cron_job_does_not_take_is_none() {
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "5-1 * * * *",
            "*/0 * * * *",
            "+1 * * * *",
            ", * * * *",
            "@often",
            "* * * foo *",
        ] {
            assert!(!is_schedule(text), "{text}");
        }
    }
}
