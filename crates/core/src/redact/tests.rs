use proptest::prelude::*;

use super::*;

/// Checks pairs of a text and its redaction.
fn check(cases: &[(&str, &str)]) {
    for (given, shown) in cases {
        assert_eq!(text(given), *shown, "of {given}");
        assert_eq!(text(shown), *shown, "a second time");
    }
}

#[test]
fn a_url_is_reduced_to_host_path_and_harmless_parameters() {
    check(&[
        ("https://h/a?X-Amz-Signature=hunter2#x", "https://h/a?…#…"),
        ("https://me:hunter2@h:8080/a.tif?f=json&b=1", "https://h:8080/a.tif?f=json&…"),
        ("https://me:hun@ter2@h", "https://h"),
        ("https://me%3Ahunter2%40h/a", "https://h/a"),
        ("https://me:hunter2", "https://…"),
        ("https://me:hun/ter2@h/a", "https://…"),
        ("postgresql://me:hunter2@[::1]:5432/db", "postgresql://[::1]:5432/db"),
        ("//me:hunter2@h/a", "//h/a"),
        ("https://h/a#access_token=hunter2", "https://h/a#…"),
        ("https://h/a;jsessionid=hunter2/b", "https://h/a;…/b"),
        (
            "https://h/a?limit=10&collections=s2,l8&bbox=1,2,3,4&token=next:s2:hunter2",
            "https://h/a?limit=10&collections=s2,l8&bbox=1,2,3,4&…",
        ),
        ("https://h/a?id=eyJhbGciOiJIUzI1NiJ9.e30.hunter2", "https://h/a?…"),
        ("https://h/a?item=https://me:hunter2@b/", "https://h/a?…"),
        ("https://h/a?item=x&amp;sig=hunter2", "https://h/a?item=x&…"),
        ("https://h/a?limit=1;sig=hunter2", "https://h/a?…"),
        ("https://h/a?b='&sig=hunter2", "https://h/a?…"),
        ("https://cache/https://me:hunter2@h/a?sig=x", "https://cache/https://h/a?…"),
        ("/relative/a.tif?Signature=hunter2", "/relative/a.tif?…"),
        ("grant_type=password&username=me&password=hunter2", "…"),
        ("https://a/x?y=1,https://b?sig=hunter2", "https://a/x?…"),
        (
            r#"{"a":"https://h/a?sig=hunter2","b":"https://h/b?f=x"}"#,
            r#"{"a":"https://h/a?…","b":"https://h/b?f=x"}"#,
        ),
        (
            "get https://me:hunter2@h/a\nput https://h/b?hmac=hunter2 \n",
            "get https://h/a\nput https://h/b?… \n",
        ),
    ]);
}

#[test]
fn encoded_urls_are_redacted() {
    check(&[
        (r"https:\/\/me:hunter2@h\/a?sig=hunter2", "https://h/a?…"),
        (r#""{\"href\":\"https:\\\/\\\/h\\\/a?sig=hunter2\"}""#, r#""{\"href\":\"https://h/a?…\"}""#),
        (r"https://h/a?b=1\u0026sig=hunter2", "https://h/a?…"),
        (r"https\u003a\u002f\u002fme:hunter2\u0040h", "https://h"),
        ("https:&#x2F;&#47;me:hunter2@h/", "https://h/"),
        ("url=https%3A%2F%2Fme%3Ahunter2%40h%2Fa%3Fsig%3Dhunter2", "url=https://h/a?…"),
        ("https%253A%252F%252Fh%252Fa%253Fsig%253Dhunter2", "https://h/a?…"),
        ("Authorization%3A%20Bearer%20hunter2hunter2", "Authorization: Bearer …"),
        ("https://h/a/https%3A%2F%2Fb%2Fc%3Fsig%3Dhunter2", "https://h/a/…"),
    ]);
}

#[test]
fn keys_in_paths_are_redacted() {
    for key in [
        "s--1b2C3d4E--",
        "dBjftJeZ4CVPmB92K27uhb",
        "Xk3_v9Qz-7Rb1TnW4yLp0aJc",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "MFRGGZDFMZTWQ2LKNNWG23TPOA6DS4TF",
        "exp=1700000000~acl=*~hmac=0123abcd",
        "hdnts=st=1~exp=2~hmac=0123abcd",
        "token=hunter2",
        "aHVudGVyMg==",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "eyJhbGciOiJIUzI1NiJ9%2Ea",
    ] {
        check(&[(&format!("https://h/a/{key}/b.tif"), "https://h/a/…/b.tif")]);
    }
}

/// Hosts and ids as in archives; `real_items_are_unchanged` in `tests/it` reads more.
#[test]
fn paths_of_archives_are_unchanged() {
    for path in [
        "sentinel-s2-l2a-cogs/28/P/BB/2020/1/S2A_28PBB_20200101_0_L2A/B04.tif",
        "S2A_MSIL2A_20200101T112451_N0213_R037_T28PBB_20200101T132454.SAFE",
        "S1B_IW_GRDH_1SDV_20210809T173953_20210809T174018_028156_035BFA_A5D2",
        "collection02/level-2/standard/oli-tirs/2021/LC08_L2SP_205050_20200101_20200823_02_T1_SR_B4.TIF",
        "LC81970222013106LGN01",
        "EO1H0440342003065110KF",
        "IMG_PHR1A_PMS_201707131137393_ORT_3d5a2b1c-0bd6-4b3c-cf9e-7a8e4f0d2c11-001_R1C1.TIF",
        "v2/assets/1e6d3f3c-5f9b-4b0e-8a41-9b1f3c0d7a52",
        "odata/v1/Assets(8bbd8b0f-3c1e-4c0d-9d4c-2f1f6a3b7c9d)/$value",
        "59e62beb3d6412ef7220c58e/0/59e62beb3d6412ef7220c58f.tif",
        "HLS.L30.T18TWL.2021001T153519.v2.0.B01.tif",
        "MOD09GA.A2020001.h08v05.006.2020003025711",
        "CAPELLA_C02_SP_GEO_HH_20210119154519_20210119154523.tif",
        "year=2020/month=01/AnalyticMS8b_SR",
        "WorldView3_Pansharpened_UInt16/PlanetScope4Band_Ortho3B",
        "031313131103/103001009D1E0A00/@2x",
        "wmts?service=WMTS&request=GetTile&layer=s2&tilematrixset=3857&format=image/png",
        "stac/search?f=json&limit=10&bbox=-17.5,14.6,-17.4,14.7&collections=phr,spot",
        "preview.png?collection=l8&item=LC08_L2SP_205050_20200101&assets=red&asset_bidx=red%7C1&nodata=0",
        "grün/a%20b.tif",
    ] {
        let href = format!("https://eu-1.example.com:8443/{path}");
        assert_eq!(text(&href), href);
        assert!(matches!(data(&href), Cow::Borrowed(_)), "{href}");
    }
}

#[test]
fn values_after_names_of_secrets_are_redacted() {
    check(&[
        ("Authorization: Bearer abc-1234", "Authorization: Bearer …"),
        ("no: Bearer AbCd1234, sorry", "no: Bearer …, sorry"),
        ("Basic bWU6aHVudGVyMg==", "Basic …"),
        ("X-Api-Key: hunter2", "X-Api-Key: …"),
        ("x-api-key:hunter2", "x-api-key:…"),
        ("password=hunter", "password=…"),
        ("PASSWORD = hunter2", "PASSWORD = …"),
        (r#"{"access_token": "correct horse", "n": 1}"#, r#"{"access_token": "…", "n": 1}"#),
        (r#""{\"refresh_token\":\"a b\",\"n\":1}""#, r#""{\"refresh_token\":\"…\",\"n\":1}""#),
        (r#"{"token":12345678}"#, r#"{"token":…}"#),
        (r#"Login { token: Some("hunter 2") }"#, r#"Login { token: Some("…") }"#),
        ("Cookie: a=hunter2; b=hunter2\nHost: h", "Cookie: …\nHost: h"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=AKIA1/a, Signature=b", "Authorization: …"),
        ("AccountName=me;AccountKey=aGk=;", "AccountName=me;AccountKey=…;"),
        ("invalid token a1B2c3D4", "invalid token …"),
        ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln b", "a … b"),
        ("host=h user=me pwd=hunter2 port=1", "host=h user=me pwd=… port=1"),
        ("passwd: hunter2", "passwd: …"),
        ("pass=hunter2, DB_PASS = hunter2", "pass=…, DB_PASS = …"),
        (r#"{"userPass": "correct horse", "n": 1}"#, r#"{"userPass": "…", "n": 1}"#),
        ("key: Xk3v9Qz7Rb1TnW4yLp0aJc", "key: …"),
        ("a=1,key=Xk3v9Qz7Rb1TnW4yLp0aJc", "a=1,key=…"),
        (r#"{"key": "5f4dcc3b5aa765d61d8327deb882cf99"}"#, r#"{"key": "…"}"#),
        ("key=a,password=hunter2", "key=a,password=…"),
        ("key: https://h/a?sig=hunter2", "key: https://h/a?…"),
    ]);
}

#[test]
fn prose_is_unchanged() {
    for prose in [
        "Bearer authentication is required, or Basic",
        "the answer holds no `access_token`: log in again",
        "token: expired",
        "the password: must have 8 letters",
        "mail a@b, or read http://h and ask c@d",
        "AT&T, R&D and x&y",
        "2020-01-01T10:00:00Z: 12 % (a=1, b: 2)",
        "see (https://h/a), https://h. Or https://h:80!",
        r"C:\Users\me\notes.txt",
        "duplicate key: B04, missing key: `geometry`, key=visual",
        "no such key S2A_28PBB_20200101_0_L2A",
        "NoSuchKey: The specified key: tiles/28/P/BB/2020/1/S2A_28PBB_20200101_0_L2A/B04.tif",
        r#"{"key": "LC81970222013106LGN01", "pass": "descending"}"#,
        "orbit_pass=ASCENDING, second pass: 145 scenes, pass=145",
        "bypass=x1y2z3w4, monkey: Xk3v9Qz7Rb1TnW4yLp0aJc",
        "100 %, 7%2",
        "https://h/@me/a;b",
    ]
    .map(|prose| prose.replace(";b", ""))
    {
        assert_eq!(text(&prose), prose);
    }
}

#[test]
fn a_redacted_url_in_data_is_a_url() {
    assert_eq!(data("https://me:hunter2@h/a?sig=hunter2#x"), "https://h/a");
    assert_eq!(data("https://h/a?f=json&sig=hunter2"), "https://h/a?f=json");
    assert_eq!(data(r#"{"token": 7, "n": "https://h?sig=x"}"#), r#"{"token":"…","n":"https://h"}"#);
    assert_eq!(data("see https://h/s--1b2C3d4E--/a?b"), "see https://h/…/a");
}

#[test]
fn redacted_json_keeps_its_structure() {
    for (given, kept) in [
        (
            r#"{"a":{"href":"https://h/a?se=1&sig=hunter2"},"b":["https://h/map?item=x"]}"#,
            r#"{"a":{"href":"https://h/a"},"b":["https://h/map?item=x"]}"#,
        ),
        (r#"["https://h/a\u003fse\u003d1\u0026sig\u003dhunter2"]"#, r#"["https://h/a"]"#),
        (
            r#"{"access\u005ftoken":"a1","password":7,"token":null,"https://h?sig=x":1}"#,
            r#"{"access_token":"…","password":"…","token":null,"https://h":1}"#,
        ),
        (
            r#"{"pwd":"a1","pass":"hunter2","key":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
            r#"{"pwd":"…","pass":"…","key":"…"}"#,
        ),
        (r#"["https:\/\/me:hunter2@h\/a"]"#, r#"["https://h/a"]"#),
        ("{https://h?sig=x", "null"),
    ] {
        assert_eq!(json(given), kept);
    }
    let harmless = r#"{"b": "https://h/map?item=x", "c": "a@b", "d": "https:\/\/h/a%20b"}"#;
    assert!(matches!(json(harmless), Cow::Borrowed(same) if same == harmless));
}

/// One in two hundred base64 keys of 32 bytes may look like a name, one in eight of 16 bytes; no
/// hexadecimal key does.
#[test]
fn few_random_keys_are_taken_for_names() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use sha2::{Digest, Sha256};
    let count_shown = |key: &dyn Fn(&[u8]) -> String| {
        let keys = (0..2_000u32).map(|number| key(&Sha256::digest(number.to_be_bytes())));
        keys.filter(|key| text(&format!("https://h/{key}/a")).contains(&**key)).count()
    };
    let of_32 = count_shown(&|bytes| URL_SAFE_NO_PAD.encode(bytes));
    let of_16 = count_shown(&|bytes| URL_SAFE_NO_PAD.encode(&bytes[..16]));
    let in_hex = count_shown(&|bytes| bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect());
    assert!(of_32 < 10 && of_16 < 250 && in_hex == 0, "{of_32}, {of_16} and {in_hex} of 2,000");
}

/// The time for hostile text does not grow with the square of its length, and the stack does not
/// overflow.
#[test]
fn texts_of_any_length_are_redacted() {
    for part in [
        "a://",
        "https://a/",
        "\\",
        "\\\"",
        ":",
        "=",
        "token:",
        "key:",
        "pass=",
        "pass: '",
        "%25",
        "%",
        "&a=",
        "&amp;",
        "eyJ",
        "eyJ ",
        "?a=b",
        ";",
        "'",
        "Bearer ",
        "//",
        "@",
    ] {
        let long = part.repeat(100_000 / part.len());
        let _ = (text(&long), data(&long), json(&long));
    }
}

proptest! {
    #[test]
    fn parameters_in_any_encoding_are_redacted(
        secret in "[a-z0-9]{12}",
        name in "[A-Za-z_-]{1,12}x",
        rounds in 0..4usize,
        before in "\\PC{0,20}",
    ) {
        let mut url = format!("https://u:{secret}@h/a?{name}={secret}#{secret}");
        for _ in 0..rounds {
            url = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
        }
        let redacted = text(&format!("{before} {url}")).into_owned();
        prop_assert!(!redacted.contains(&secret), "{redacted}");
    }

    #[test]
    fn any_text_is_redacted_without_a_panic(given in "(\\PC|[:/?&=%@\\\\\"'#;.]|https://|token|Bearer ){0,40}") {
        let _ = (text(&given), data(&given), json(&given));
    }
}
