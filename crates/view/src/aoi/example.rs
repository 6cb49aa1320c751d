use up42_core::error::{Error, Result};

/// Example areas: name, and west, south, east and north in degrees.
const EXAMPLES: [(&str, [f64; 4]); 3] = [
    // The Tiergarten and the Reichstag.
    ("Berlin", [13.335, 52.505, 13.385, 52.525]),
    // From the Lincoln Memorial to the Capitol.
    ("Washington", [-77.055, 38.88, -77.0, 38.9]),
    // The Cap-Vert peninsula.
    ("Dakar", [-17.54, 14.65, -17.42, 14.76]),
];

/// Finds an example by its name, in upper or lower case. Returns the canonical name and the
/// bounding box.
pub fn find(name: &str) -> Result<(&'static str, [f64; 4])> {
    EXAMPLES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known: Vec<_> = EXAMPLES.iter().map(|(known, _)| format!("`{known}`")).collect();
        Error::invalid(format!("there is no example `{name}`: take {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use crate::Aoi;

    #[test]
    fn examples_have_a_name_and_a_small_area() {
        for name in ["Berlin", "Washington", "Dakar"] {
            let aoi = Aoi::example(&name.to_lowercase()).unwrap();
            assert_eq!(aoi.name(), Some(name));
            assert!(aoi.area_km2() < 200.0);
        }
        let error = Aoi::example("Paris").unwrap_err();
        insta::assert_snapshot!(error, @"there is no example `Paris`: take `Berlin`, `Washington`, `Dakar`");
    }
}
