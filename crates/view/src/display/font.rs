//! Letters made of strokes, for the labels of still pictures: Latin letters, digits and
//! a few marks on a grid of four by six, with two below the baseline.

/// Polylines of a text, its baseline starting at (0, 0), capitals `height` pixels tall.
pub fn lines(text: &str, height: f64) -> Vec<Vec<[f64; 2]>> {
    let unit = height / 6.0;
    let mut x = 0.0;
    let mut lines = Vec::new();
    for letter in text.chars() {
        let letter = base(letter);
        let (small, strokes) = (small(letter), strokes(letter));
        let (glyph, below) = if small.is_empty() { (strokes, 0.0) } else { (small, 2.0) };
        let points = |stroke: &str| -> Vec<[f64; 2]> {
            let digits: Vec<f64> = stroke.bytes().map(|digit| f64::from(digit - b'0')).collect();
            digits.chunks_exact(2).map(|xy| [x + xy[0] * unit, (below - xy[1]) * unit]).collect()
        };
        let glyph: Vec<_> = glyph.split(',').filter(|stroke| !stroke.is_empty()).map(points).collect();
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
pub fn width(text: &str, height: f64) -> f64 {
    lines(text, height).iter().flatten().map(|point| point[0]).fold(0.0, f64::max)
}

/// Letters of a text that are drawn: more than fit on any picture.
const LONGEST: usize = 200;

/// The beginning of a text in the letters of this font: Cyrillic and Greek as Latin writes them, `?` for
/// the few that it does not have. `None` where most would be missing, as of Chinese.
pub fn written(text: &str) -> Option<String> {
    let (mut out, mut letters, mut missing) = (String::new(), 0, 0);
    for letter in text.chars().take(LONGEST) {
        let latin = latin(letter);
        let known = !strokes(base(letter)).is_empty() || letter == ' ';
        letters += usize::from(letter.is_alphanumeric());
        match latin {
            Some(latin) if letter.is_uppercase() => {
                let mut rest = latin.chars();
                out.extend(rest.next().map(|first| first.to_ascii_uppercase()));
                out.extend(rest);
            }
            Some(latin) => out.push_str(latin),
            None if known || letter == ',' => out.push(letter),
            None if letter.is_alphanumeric() => {
                missing += 1;
                out.push('?');
            }
            None => out.push(' '),
        }
    }
    (letters > 0 && missing * 4 <= letters).then_some(out)
}

/// Cyrillic and Greek letters, near enough for a label (ISO 9, without its accents).
fn latin(letter: char) -> Option<&'static str> {
    Some(match letter.to_lowercase().next()? {
        'а' | 'α' | 'ά' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'ґ' | 'γ' => "g",
        'д' | 'δ' => "d",
        'е' | 'э' | 'є' | 'ε' | 'έ' => "e",
        'ё' => "yo",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'и' | 'і' | 'ι' | 'ί' | 'η' | 'ή' | 'υ' | 'ύ' => "i",
        'й' | 'ј' => "j",
        'ї' => "yi",
        'к' | 'κ' => "k",
        'л' | 'λ' => "l",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'о' | 'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' => "t",
        'у' => "u",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ы' => "y",
        'ю' => "yu",
        'я' => "ya",
        'ξ' => "x",
        'θ' => "th",
        'ψ' => "ps",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

/// Letters that go below the baseline or stay low, with y from 0 below the baseline to 8; the baseline is at 2.
fn small(letter: char) -> &'static str {
    match letter {
        'a' => "3632,3526160503122233",
        'b' => "0802,0516263533221203",
        'c' => "3526160503122233",
        'd' => "3832,3526160503122233",
        'e' => "04343526160503122233",
        'f' => "28171612,0626",
        'g' => "3631201001,3526160503122233",
        'h' => "0802,0516263532",
        'i' => "0602,0808",
        'j' => "161100,1818",
        'k' => "0802,3603,1432",
        'l' => "0802",
        'm' => "0602,05162522,25364542",
        'n' => "0602,0516263532",
        'o' => "162635332212030516",
        'p' => "0600,0516263533221203",
        'q' => "3630,3526160503122233",
        'r' => "0602,051626",
        's' => "35261605142433221203",
        't' => "18132232,0626",
        'u' => "0603122233,3632",
        'v' => "062246",
        'w' => "0612253246",
        'x' => "0632,0236",
        'y' => "0622,461000",
        'z' => "06360232",
        ',' => "1301",
        _ => "",
    }
}

/// Points as pairs of digits, x to the right and y up; strokes are parted by
/// commas. What the font does not have is a blank.
fn strokes(letter: char) -> &'static str {
    match letter.to_ascii_uppercase() {
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
        '?' => "051636453422,2020",
        '&' => "40130416262511001031",
        '"' => "0604,2624",
        _ => "",
    }
}

/// Common accented letters without their accents.
fn base(letter: char) -> char {
    let plain = match letter.to_lowercase().next().unwrap_or(letter) {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ŕ' | 'ř' => 'r',
        'ß' | 'ś' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        '²' => '2',
        _ => return letter,
    };
    if letter.is_uppercase() { plain.to_ascii_uppercase() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_its_letters_in_a_row() {
        assert!(width("50 km", 12.0) > width("5 km", 12.0));
        assert_eq!(lines("é", 12.0), lines("e", 12.0));
        assert_eq!(lines("Łódź", 12.0), lines("Lodz", 12.0));
        for letter in ('0'..='9').chain('A'..='Z').chain('a'..='z') {
            assert!(!lines(&letter.to_string(), 12.0).is_empty(), "{letter}");
        }
        assert!(lines("東", 12.0).is_empty());
    }
    #[test]
    fn names_of_other_scripts_are_written_in_latin_or_not_at_all() {
        assert_eq!(written("São Tomé, 0.5 km²\n").as_deref(), Some("São Tomé, 0.5 km² "));
        assert_eq!(written("Київ і Жмеринка").as_deref(), Some("Kiyiv i Zhmerinka"));
        assert_eq!(written("Αθήνα").as_deref(), Some("Athina"));
        assert_eq!(written("東京湾"), None);
        assert_eq!(written("Tokyo 東").as_deref(), Some("Tokyo ?"));
        assert_eq!(written(" · "), None);
        assert_eq!(width(&written("Ñandú").unwrap(), 12.0), width("Nandu", 12.0));
    }
}
