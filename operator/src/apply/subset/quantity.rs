//! Quantities of Kubernetes: `1`, `1000m` and `1e0` are the same, as are `1Gi` and `1024Mi`.

/// Whether both are quantities, and the same.
pub(super) fn same(one: &str, other: &str) -> bool {
    matches!((nano(one), nano(other)), (Some(one), Some(other)) if one == other)
}

/// A quantity in billionths, which is as fine as they get; finer is rounded away from zero, as the server does.
fn nano(text: &str) -> Option<i128> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scaled = digits.checked_mul(1_000_000_000)?;
    let (times, by) = unit(suffix)?;
    let divisor = by.checked_mul(10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
    let product = scaled.checked_mul(times)?;
    let nano = product.checked_add(divisor - 1)?.checked_div(divisor)?;
    Some(if negative { -nano } else { nano })
}

/// What a suffix multiplies with, and what it divides by.
fn unit(suffix: &str) -> Option<(i128, i128)> {
    let times = match suffix {
        "n" => return Some((1, 1_000_000_000)),
        "u" => return Some((1, 1_000_000)),
        "m" => return Some((1, 1000)),
        "" => 1,
        "k" => 1000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "P" => 1_000_000_000_000_000,
        "E" => 1_000_000_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "Pi" => 1 << 50,
        "Ei" => 1 << 60,
        exponent => return power_of_ten(exponent.strip_prefix(['e', 'E'])?),
    };
    Some((times, 1))
}

fn power_of_ten(exponent: &str) -> Option<(i128, i128)> {
    let exponent: i32 = exponent.parse().ok()?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    Some(if exponent < 0 { (1, power) } else { (power, 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_amount_may_be_written_in_many_ways() {
        for (one, other) in [
            ("1", "1000m"),
            ("0.5", "500m"),
            ("1Gi", "1024Mi"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("5e-1", "500m"),
            ("+2", "2"),
            ("-1", "-1000m"),
            ("0", "0Gi"),
            ("8Ei", "8388608Ti"),
            ("1E", "1000P"),
            ("0.0000000001", "1n"),
        ] {
            assert!(same(one, other), "{one} is {other}");
        }
    }

    #[test]
    fn other_amounts_and_other_texts_are_not_the_same() {
        for (one, other) in [
            ("1", "1001m"),
            ("1G", "1Gi"),
            ("1", "-1"),
            ("1", ""),
            ("", ""),
            ("a", "a"),
            ("1.2.3", "1.23"),
            ("1m1", "1m1"),
            ("1e99", "1e99"),
            ("999999999999999999999999999999999999999", "1"),
        ] {
            assert!(!same(one, other), "{one} is not {other}");
        }
    }
}
