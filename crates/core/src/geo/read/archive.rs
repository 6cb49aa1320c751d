//! Archives: a KMZ, or a zip of one Shapefile.

use std::io::Cursor;

use zip::ZipArchive;

use super::shapefile::SidecarFiles;
use super::source::Layer;
use super::{bare, broken, kml, shapefile, text};
use crate::error::{Context, Error, Result};
use crate::limits::{ReadBudget, entries_of_zip};

pub fn read(archive: Vec<u8>, budget: &ReadBudget) -> Result<Layer> {
    let mut archive = Cursor::new(archive);
    let entries = entries_of_zip(&mut archive)?;
    budget.check_count(usize::try_from(entries).unwrap_or(usize::MAX), "entries")?;
    let mut archive = ZipArchive::new(archive).map_err(broken("a zip archive"))?;
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    // macOS adds a metadata file for each file, in `__MACOSX/`.
    let named = |extension: &str| -> Vec<&String> {
        let is_named =
            |name: &&String| name.to_ascii_lowercase().ends_with(extension) && !name.contains("__MACOSX/");
        names.iter().filter(is_named).collect()
    };
    match (named(".shp").as_slice(), named(".kml").as_slice()) {
        ([shp], _) => {
            let stem = &shp[..shp.len() - ".shp".len()];
            let mut beside = |extension: &str| {
                let is_beside = |name: &&String| {
                    name.strip_prefix(stem).is_some_and(|rest| rest.eq_ignore_ascii_case(extension))
                };
                names.iter().find(is_beside).map(|name| entry(&mut archive, name, budget)).transpose()
            };
            let beside = SidecarFiles { dbf: beside(".dbf")?, cpg: beside(".cpg")?, prj: beside(".prj")? };
            shapefile::parts(&entry(&mut archive, shp, budget)?, beside, budget)
        }
        ([], many) if !many.is_empty() => {
            // The document of a KMZ is the first KML file, whatever its name (OGC 07-147r2, annex
            // C).
            let document = entry(&mut archive, many[0], budget)?;
            let read = text::decode(document, budget).and_then(|text| kml::read(bare(&text), budget));
            read.with_context(|| format!("`{}`", many[0]))
        }
        ([], _) => {
            Err(Error::invalid("the archive holds no Shapefile and no KML: unpack it and read what it holds"))
        }
        (many, _) => {
            let names: Vec<&str> = many.iter().take(5).map(|name| name.as_str()).collect();
            Err(Error::invalid(format!(
                "the archive holds {} Shapefiles (`{}`): unpack it and read the one that is meant",
                many.len(),
                names.join("`, `")
            )))
        }
    }
}

fn entry(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str, budget: &ReadBudget) -> Result<Vec<u8>> {
    let entry = archive.by_name(name).map_err(broken("a zip archive"))?;
    budget.read_to_end(entry).with_context(|| format!("`{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    fn read_all(archive: Vec<u8>) -> Result<Layer> {
        read(archive, &ReadBudget::default())
    }

    fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in entries {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn a_kmz_is_read_as_its_kml() {
        let kml = "<kml><Placemark><name>x</name></Placemark></kml>";
        let layer = read_all(zipped(&[("files/a.png", ""), ("doc.kml", kml)])).unwrap();
        assert_eq!(layer.features[0].name.as_deref(), Some("x"));
    }

    #[test]
    fn an_archive_that_unpacks_to_too_much_is_refused() {
        let document = format!("<kml>{}</kml>", " ".repeat(2_000_000));
        let archive = zipped(&[("doc.kml", &document)]);
        assert!(archive.len() < 10_000);
        let budget = ReadBudget::new(crate::ReadLimits::default().bytes(1_000_000));
        insta::assert_snapshot!(read(archive, &budget).err().unwrap(), @"`doc.kml`: it is larger than 1 MB: simplify it, cut it into parts, or raise `ReadLimits::bytes`");
    }

    #[test]
    fn entries_count_before_they_are_read() {
        let archive = zipped(&[("doc.kml", "<kml><Placemark/></kml>"), ("a.png", ""), ("b.png", "")]);
        let read = |count| read(archive.clone(), &ReadBudget::new(crate::ReadLimits::default().count(count)));
        insta::assert_snapshot!(read(2).err().unwrap(), @"it has more than 2 entries: simplify it, cut it into parts, or raise `ReadLimits::count`");
        assert_eq!(read(3).unwrap().features.len(), 1);
    }

    #[test]
    fn an_ambiguous_archive_is_refused() {
        let message = |entries| read_all(zipped(entries)).err().unwrap().to_string();
        insta::assert_snapshot!(message(&[("a.shp", ""), ("b/c.SHP", "")]), @"the archive holds 2 Shapefiles (`a.shp`, `b/c.SHP`): unpack it and read the one that is meant");
        insta::assert_snapshot!(message(&[("a.csv", "")]), @"the archive holds no Shapefile and no KML: unpack it and read what it holds");
        assert!(read_all(b"PK\x03\x04 and no more".to_vec()).is_err());
    }

    proptest! {
        #[test]
        fn any_archive_is_read_or_refused(changes in proptest::collection::vec((0_usize..400, any::<u8>()), 1..6), length in 0_usize..500) {
            let mut archive = zipped(&[("doc.kml", "<kml></kml>"), ("a.prj", "")]);
            for (at, byte) in changes {
                if let Some(changed) = archive.get_mut(at) {
                    *changed = byte;
                }
            }
            archive.truncate(length);
            let _ = read_all(archive);
        }
    }
}
