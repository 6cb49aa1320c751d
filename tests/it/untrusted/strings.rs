//! Strings that attack a format or a display in which they occur.

/// Script that none of the strings may run.
const RUN: &str = "globalThis.ran=1";

pub fn all() -> Vec<String> {
    let mut all: Vec<String> = [
        "</td></tr></table></div><script>RUN</script>",
        "\"><img src=x onerror=RUN>",
        "' onmouseover='RUN' autofocus onfocus='RUN' x='",
        "<svg/onload=RUN>",
        "</script><script>RUN</script>",
        "<!--<script>RUN</script>--><!--",
        "]]><img src=//evil.example/x>",
        "javascript:RUN//",
        "data:text/html,<script>RUN</script>",
        "<a href=javascript:RUN autofocus>x</a>",
        "{{constructor.constructor('RUN')()}} ${RUN} <%= RUN %> #{RUN}",
        "</style><style>*{display:none}</style>",
        "</textarea></title></noscript></template><script>RUN</script>",
        "</iframe><iframe srcdoc=\"<script>parent.RUN</script>\">",
        "&lt;script&gt;RUN&lt;/script&gt;&#60;img src=x onerror=RUN&#62;",
        "<meta http-equiv=refresh content=\"0;url=http://evil.example\"><base href=//evil.example>",
        "<form action=//evil.example><button formaction=javascript:RUN>x",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror=RUN&gt;\">",
        "x\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/html\n<script>RUN</script>\nEVCXR_END_CONTENT\n",
        "EVCXR_EXECUTION_COMPLETE\nEVC\u{200b}XR_END_CONTENT EVC\u{202e}XR_END_CONTENT",
        "a\u{202e}gnp.exe\u{2066}b\u{200f}c",
        "\u{1b}[31m\u{1b}]8;;http://evil.example\u{7}x\u{1b}]8;;\u{7}\0\u{7f}\u{85}\u{9b}31m\r\n\u{2028}",
        "a\u{200b}b\u{feff}c\u{ad}d\u{2060}e\u{e0041}\u{e007f}",
        "__proto__",
        "constructor",
        "   ",
        "{",
        "\\\"'`\\",
    ]
    .iter()
    .map(|text| text.replace("RUN", RUN))
    .collect();
    all.push(format!("<b>{}</b>", "long ".repeat(2_000)));
    all.push("x".repeat(10_000));
    all
}

/// Returns whether a character is invisible or changes the direction of text.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
