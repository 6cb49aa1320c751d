//! Letters made of strokes, for the labels of still pictures: capitals, digits
//! and a few marks on a grid of four by six.

/// Polylines of a text, its baseline starting at (0, 0), `height` pixels tall.
pub(crate) fn lines(text: &str, height: f64) -> Vec<Vec<[f64; 2]>> {
    let unit = height / 6.0;
    let mut x = 0.0;
    let mut lines = Vec::new();
    for letter in text.chars() {
        let strokes = strokes(letter);
        let points = |stroke: &str| -> Vec<[f64; 2]> {
            let digits: Vec<f64> = stroke.bytes().map(|digit| f64::from(digit - b'0')).collect();
            digits.chunks_exact(2).map(|xy| [x + xy[0] * unit, -xy[1] * unit]).collect()
        };
        let glyph: Vec<_> = strokes.split(',').filter(|stroke| !stroke.is_empty()).map(points).collect();
        let widest = glyph
            .iter()
            .flatten()
            .map(|point| point[0])
            .fold(x + 2.0 * unit * f64::from(u8::from(glyph.is_empty())), f64::max);
        x = widest + 1.9 * unit;
        lines.extend(glyph);
    }
    lines
}

/// How wide a text is.
pub(crate) fn width(text: &str, height: f64) -> f64 {
    lines(text, height).iter().flatten().map(|point| point[0]).fold(0.0, f64::max)
}

/// Points as pairs of digits, x to the right and y up; strokes are parted by
/// commas. What the font does not have is a blank.
fn strokes(letter: char) -> &'static str {
    match base(letter).to_ascii_uppercase() {
        '0' | 'O' => "103041453616050110",
        '1' => "152620,1030",
        '2' => "051636454434020040",
        '3' => "0516364544334241301001,1333",
        '4' => "30360242",
        '5' => "460603334241301001",
        '6' => "453616050110304142331302",
        '7' => "064610",
        '8' => "13040516364544331302011030414233",
        '9' => "011030414536160504133344",
        'A' => "002640,1232",
        'B' => "00063645443303,3342413000",
        'C' => "4536160501103041",
        'D' => "00062644422000",
        'E' => "46060040,0333",
        'F' => "460600,0333",
        'G' => "45361605011030414323",
        'H' => "0006,4046,0343",
        'I' => "0006",
        'J' => "4641301001",
        'K' => "0006,4602,1340",
        'L' => "060040",
        'M' => "0006234640",
        'N' => "00064046",
        'P' => "00063645443303",
        'Q' => "103041453616050110,2240",
        'R' => "00063645443303,2340",
        'S' => "453616050413334241301001",
        'T' => "0646,2026",
        'U' => "060110304146",
        'V' => "062046",
        'W' => "0610243046",
        'X' => "0046,0640",
        'Y' => "062346,2320",
        'Z' => "06460040",
        '.' => "0000",
        ',' => "0100",
        ':' => "0101,0404",
        '-' | '–' | '—' | '−' => "0333",
        '+' => "2125,0343",
        '/' => "0046",
        '(' => "16050110",
        ')' => "06151100",
        '%' => "0046,0606,4040",
        '°' => "0506161505",
        '\'' | '’' => "0604",
        '·' => "0303",
        '_' => "0040",
        '=' => "0242,0444",
        '<' => "350331",
        '>' => "053301",
        '…' => "0000,2020,4040",
        _ => "",
    }
}

/// Common accented letters without their accents.
fn base(letter: char) -> char {
    match letter {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => 'A',
        'Ç' | 'ç' | 'Ć'..='č' => 'C',
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => 'E',
        'Ì'..='Ï' | 'ì'..='ï' => 'I',
        'Ñ' | 'ñ' | 'ń' | 'ň' => 'N',
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'ő' => 'O',
        'Ù'..='Ü' | 'ù'..='ü' | 'ů' => 'U',
        'ß' | 'Ś'..='š' => 'S',
        'Ź'..='ž' => 'Z',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_its_letters_in_a_row() {
        assert!(width("50 km", 12.0) > width("5 km", 12.0));
        assert_eq!(lines("é", 12.0), lines("E", 12.0));
        for letter in ('0'..='9').chain('A'..='Z') {
            assert!(!lines(&letter.to_string(), 12.0).is_empty(), "{letter}");
        }
        assert!(lines("東", 12.0).is_empty());
    }
}
