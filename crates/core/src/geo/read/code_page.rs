//! Code page of a Shapefile's table: by its `.cpg`, by the language byte of its header, or a guess.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Code page of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CodePage {
    Encoding(&'static Encoding),
    /// DOS code page: the characters of the bytes from 128.
    Dos(&'static str),
    /// Unknown code page: bytes beyond ASCII cannot be decoded.
    Other,
    /// Not stated: UTF-8 if the bytes are valid, or else windows-1252.
    Unnamed,
}

impl CodePage {
    /// Returns the code page of a table. The `.cpg` has precedence, as in GDAL.
    pub fn of(cpg: Option<&[u8]>, language: u8) -> Self {
        let label = cpg.map(String::from_utf8_lossy).unwrap_or_default();
        let label = label.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
        let label = label.to_ascii_lowercase();
        match label.strip_prefix("ldid/") {
            Some(language) => Self::of_language(language.parse().unwrap_or_default()),
            None if label.is_empty() => Self::of_language(language),
            None => Self::of_label(&label),
        }
    }

    /// Parses labels such as `UTF-8`, `ISO-8859-2`, `1251`, `CP1251`, `ANSI 1251`, `OEM 850`,
    /// `88591`.
    fn of_label(label: &str) -> Self {
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            return Self::Encoding(encoding);
        }
        let digits = label.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits.parse().map_or(Self::Other, Self::of_number)
    }

    /// Returns the code page of a Windows number (8859x are numbers of ESRI).
    fn of_number(number: u32) -> Self {
        if let Some((_, letters)) = DOS.iter().find(|(page, _)| *page == number) {
            return Self::Dos(letters);
        }
        let label = match number {
            1250..=1258 | 874 => format!("windows-{number}"),
            866 => "ibm866".to_owned(),
            932 => "shift_jis".to_owned(),
            936 => "gbk".to_owned(),
            949 => "euc-kr".to_owned(),
            950 => "big5".to_owned(),
            10000 => "macintosh".to_owned(),
            10007 => "x-mac-cyrillic".to_owned(),
            20866 => "koi8-r".to_owned(),
            21866 => "koi8-u".to_owned(),
            28591..=28606 => format!("iso-8859-{}", number - 28590),
            54936 => "gb18030".to_owned(),
            65001 => "utf-8".to_owned(),
            88591..=88599 => format!("iso-8859-{}", number - 88590),
            885_910..=885_916 => format!("iso-8859-{}", number - 885_900),
            _ => String::new(),
        };
        Encoding::for_label(label.as_bytes()).map_or(Self::Other, Self::Encoding)
    }

    /// Returns the code page of a language driver (dBASE's table, with those of FoxPro).
    fn of_language(language: u8) -> Self {
        let number = match language {
            // None, and "ANSI", which is the code page of the writer's machine.
            0 | 87 => return Self::Unnamed,
            1 | 9 | 11 | 13 | 15 | 17 | 21 | 24 | 25 | 27 => 437,
            2 | 10 | 14 | 16 | 18 | 20 | 22 | 26 | 29 | 37 | 55 => 850,
            3 | 88 | 89 => 1252,
            4 => 10000,
            8 | 23 | 102 => 865,
            19 | 123 => 932,
            28 | 108 => 863,
            31 | 34 | 35 | 64 | 100 | 135 => 852,
            36 => 860,
            38 | 101 => 866,
            77 | 122 => 936,
            78 | 121 => 949,
            79 | 120 => 950,
            80 | 124 => 874,
            103 => 861,
            106 | 134 => 737,
            107 | 136 => 857,
            150 => 10007,
            200 => 1250,
            201 => 1251,
            202 => 1254,
            203 => 1253,
            204 => 1257,
            _ => 0,
        };
        Self::of_number(number)
    }

    /// Decodes the text of a field. Invalid bytes become U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        let letter = |letters: &str, byte: u8| match byte.checked_sub(128) {
            None => char::from(byte),
            Some(at) => letters.chars().nth(usize::from(at)).unwrap_or(char::REPLACEMENT_CHARACTER),
        };
        match self {
            Self::Encoding(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            Self::Dos(letters) => bytes.iter().map(|&byte| letter(letters, byte)).collect(),
            Self::Other => bytes.iter().map(|&byte| letter("", byte)).collect(),
            Self::Unnamed => match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(text) => text.into_owned(),
                None => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
            },
        }
    }
}

/// DOS code pages that browsers, and therefore `encoding_rs`, do not support. The characters are
/// those of Python's codecs.
const DOS: [(u32, &str); 9] = [
    (
        437,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        737,
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψ░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀ωάέήϊίόύϋώΆΈΉΊΌΎΏ±≥≤ΪΫ÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        850,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
    ),
    (
        852,
        "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}",
    ),
    (
        857,
        "ÇüéâäàåçêëèïîıÄÅÉæÆôöòûùİÖÜø£ØŞşáíóúñÑĞğ¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ºªÊËÈ\u{fffd}ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµ\u{fffd}×ÚÛÙìÿ¯´\u{ad}±\u{fffd}¾¶§÷¸°¨·¹³²■\u{a0}",
    ),
    (
        860,
        "ÇüéâãàÁçêÊèÍÔìÃÂÉÀÈôõòÚùÌÕÜ¢£Ù₧ÓáíóúñÑªº¿Ò¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        861,
        "ÇüéâäàåçêëèÐðÞÄÅÉæÆôöþûÝýÖÜø£Ø₧ƒáíóúÁÍÓÚ¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        863,
        "ÇüéâÂà¶çêëèïî‗À§ÉÈÊôËÏûù¤ÔÜ¢£ÙÛƒ¦´óú¨¸³¯Î⌐¬½¼¾«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        865,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø₧ƒáíóúñÑªº¿⌐¬½¼¡«¤░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_different_programs_are_parsed() {
        let of = |label: &str| CodePage::of(Some(label.as_bytes()), 0);
        let named = |label: &str| CodePage::Encoding(Encoding::for_label(label.as_bytes()).unwrap());
        for label in ["1251", "CP1251", "ANSI 1251", "windows-1251\r\n", "LDID/201", "\u{feff}cp-1251\0"] {
            assert_eq!(of(label), named("windows-1251"), "{label}");
        }
        for label in ["UTF-8", "utf8", "65001"] {
            assert_eq!(of(label), named("utf-8"), "{label}");
        }
        for label in ["ISO-8859-2", "88592", "28592"] {
            assert_eq!(of(label), named("iso-8859-2"), "{label}");
        }
        assert_eq!(of("Big5"), named("big5"));
        assert_eq!(of("my own"), CodePage::Other);
        assert_eq!(CodePage::of(Some(b" "), 201), named("windows-1251"));
        assert_eq!(CodePage::of(None, 87), CodePage::Unnamed);
    }

    /// Checks bytes from Python's codecs.
    #[test]
    fn letters_are_decoded_by_their_code_page() {
        for (language, bytes, expected) in [
            (1, &b"Th\x82\xe1"[..], "Théß"),
            (2, b"Br\x9bd\xd5", "Brødı"),
            (31, b"\xe6ate\xac", "ŠateČ"),
            (38, b"\x8f\xae\xab\xa5", "Поле"),
            (77, b"\xb1\xb1\xbe\xa9", "北京"),
            (200, b"\xa3\xf3d\x9f", "Łódź"),
            (87, b"Thi\xe8s \x80", "Thiès €"),
            (0, "Thiès".as_bytes(), "Thiès"),
            (104, b"x\xe8", "x\u{fffd}"),
        ] {
            assert_eq!(CodePage::of(None, language).decode(bytes), expected, "{language}");
        }
        for (page, letters) in DOS {
            assert_eq!(letters.chars().count(), 128, "{page}");
        }
    }
}
