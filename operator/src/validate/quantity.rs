//! Quantities as the API writes them: `250m`, `1.5Gi`, `2e3`.

/// The quantity in billionths, to be compared; `None` for what the API would not take, and for less than nothing.
pub(super) fn parse(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scaled = digits.checked_mul(unit(suffix)?)?;
    Some(scaled / 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)
}

/// How many billionths one of this unit has.
fn unit(suffix: &str) -> Option<i128> {
    const ONE: i128 = 1_000_000_000;
    let decimal = |power: u32| 10_i128.checked_pow(power);
    let binary = |power: u32| Some(ONE << (10 * power));
    match suffix {
        "n" => decimal(0),
        "u" => decimal(3),
        "m" => decimal(6),
        "" => decimal(9),
        "k" => decimal(12),
        "M" => decimal(15),
        "G" => decimal(18),
        "T" => decimal(21),
        "P" => decimal(24),
        "E" => decimal(27),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            decimal(u32::try_from(power.checked_add(9)?).ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_compare_across_units() {
        let same =
            [("1", "1000m"), ("1Gi", "1024Mi"), ("1.5Gi", "1536Mi"), ("2e3", "2k"), ("1E", "1e18")];
        for (one, other) in same {
            assert_eq!(parse(one), parse(other), "{one} {other}");
        }
        assert!(parse("1G") < parse("1Gi") && parse("100m") < parse("0.2"));
    }

    #[test]
    fn what_the_api_does_not_take_is_nothing() {
        for text in ["", ".", "-1", "1.2.3", "1 Gi", "Gi", "1gi", "1e", "1eb", "one"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
