use super::*;
use flate2::{Compression, write::GzEncoder};

fn roomy(_: u64) -> Result<()> {
    Ok(())
}

fn tgz(path: &Path, entries: &[(&str, tar::EntryType, &[u8])]) -> PathBuf {
    let file = path.join("results.tgz");
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(&file).unwrap(), Compression::fast()));
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
    file
}

fn told(entries: &[(&str, tar::EntryType, &[u8])], limits: Limits) -> String {
    let folder = tempfile::tempdir().unwrap();
    let archive = tgz(folder.path(), entries);
    refusal(&archive, limits)
}

/// Why an archive that is alone in its folder is not unpacked.
fn refusal(archive: &Path, limits: Limits) -> String {
    let folder = archive.parent().unwrap();
    let error = unpack(archive, &folder.join("job"), limits, roomy).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Response, "{error}");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing is left behind");
    error.to_string()
}

#[test]
fn the_content_of_output_moves_up() {
    let folder = tempfile::tempdir().unwrap();
    let archive = tgz(
        folder.path(),
        &[
            ("output/data.json", tar::EntryType::Regular, b"{}"),
            ("output/a/b.tif", tar::EntryType::Regular, b"II"),
        ],
    );
    let target = folder.path().join("job");
    unpack(&archive, &target, Limits::default(), roomy).unwrap();
    assert_eq!(fs::read(target.join("data.json")).unwrap(), b"{}");
    assert_eq!(fs::read(target.join("a/b.tif")).unwrap(), b"II");
}

#[test]
fn what_would_do_harm_is_refused_as_a_whole() {
    let file = tar::EntryType::Regular;
    for name in [
        "../evil",
        "output/../../evil",
        "/etc/evil",
        "a\\..\\..\\evil",
        "C:\\evil",
        "output/c:evil",
        "output/NUL",
        "output/com1.tif",
        "Aux .json/a",
        "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a",
    ] {
        let error = told(&[("output/data.json", file, b"{}"), (name, file, b"x")], Limits::default());
        assert!(error.contains("nothing was unpacked"), "{name}: {error}");
    }
    use tar::EntryType::{Block, Char, Fifo, Link, Symlink};
    for kind in [Symlink, Link, Char, Block, Fifo] {
        let link = told(&[("output/link", kind, b"")], Limits::default());
        assert!(link.contains("is no file"), "{link}");
    }
    let many = told(&[("a", file, b""), ("b", file, b"")], Limits { files: 1, ..Limits::default() });
    assert!(many.contains("more than 1 files"), "{many}");
    let twice = told(&[("a", file, b""), ("a", file, b"")], Limits::default());
    assert!(twice.contains("is there twice"), "{twice}");
    assert!(told(&[], Limits::default()).contains("holds no file"));
}

#[test]
fn a_bomb_is_stopped() {
    let zeros = vec![0; 30_000_000];
    let error =
        told(&[("bomb", tar::EntryType::Regular, &zeros)], Limits { ratio: 100, ..Limits::default() });
    assert!(error.contains("unpacks to more than"), "{error}");
}

#[test]
fn a_long_name_is_no_way_around_the_limits() {
    let name = vec![b'a'; 3_000_000];
    for kind in [tar::EntryType::GNULongName, tar::EntryType::XHeader, tar::EntryType::XGlobalHeader] {
        let file = tar::EntryType::Regular;
        let error = told(&[("long", kind, &name), ("a", file, b"x")], Limits::default());
        assert!(error.contains("it has a header of more than 1 MB"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let long = format!("output/{}.tif", "a".repeat(180));
    let named = tgz(
        folder.path(),
        &[("long", tar::EntryType::GNULongName, long.as_bytes()), ("a", tar::EntryType::Regular, b"x")],
    );
    let target = folder.path().join("job");
    unpack(&named, &target, Limits::default(), roomy).unwrap();
    assert!(target.join(long.trim_start_matches("output/")).is_file());
}

#[test]
fn folders_without_end_are_too_many_entries() {
    let folder = ("a/", tar::EntryType::Directory, &b""[..]);
    let error = told(&[folder; 5], Limits { files: 2, ..Limits::default() });
    assert!(error.contains("more than 4 entries"), "{error}");
}

#[test]
fn an_archive_that_is_not_whole_is_refused() {
    let noise: Vec<u8> =
        (0..200_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let whole = |folder: &Path| tgz(folder, &[("output/a.tif", tar::EntryType::Regular, &noise)]);
    for lost in [1, 8, 9, 700] {
        let folder = tempfile::tempdir().unwrap();
        let archive = whole(folder.path());
        let file = File::options().write(true).open(&archive).unwrap();
        file.set_len(file.metadata().unwrap().len() - lost).unwrap();
        refusal(&archive, Limits::default());
    }
    // Only the checksum tells.
    let folder = tempfile::tempdir().unwrap();
    let archive = whole(folder.path());
    let mut bytes = fs::read(&archive).unwrap();
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    fs::write(&archive, bytes).unwrap();
    assert!(refusal(&archive, Limits::default()).contains("checksum"));
}

#[test]
fn zip_archives_are_held_to_the_same() {
    use zip::write::{SimpleFileOptions, ZipWriter};
    let zip = |entry: fn(&mut ZipWriter<File>)| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.zip");
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        entry(&mut zip);
        zip.finish().unwrap();
        (folder, path)
    };
    let (folder, path) = zip(|zip| {
        zip.start_file("output/data.json", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"{}").unwrap();
    });
    unpack(&path, &folder.path().join("job"), Limits::default(), roomy).unwrap();
    assert_eq!(fs::read(folder.path().join("job/data.json")).unwrap(), b"{}");
    let (_folder, path) =
        zip(|zip| zip.add_symlink("a", "/etc/passwd", SimpleFileOptions::default()).unwrap());
    assert!(refusal(&path, Limits::default()).contains("is a link"));
    let (_folder, path) = zip(|zip| {
        zip.start_file("../evil", SimpleFileOptions::default()).unwrap();
    });
    assert!(refusal(&path, Limits::default()).contains("leads out of the folder"));
    let (_folder, path) = zip(|zip| {
        zip.start_file("bomb", SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![0; 30_000_000]).unwrap();
    });
    let error = refusal(&path, Limits { ratio: 100, ..Limits::default() });
    assert!(error.contains("unpacks to more than"), "{error}");
}

#[test]
fn nothing_is_unpacked_where_there_is_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let content = vec![7; 5_000_000];
    let archive = tgz(folder.path(), &[("output/a.tif", tar::EntryType::Regular, &content)]);
    let asked = Cell::new(0);
    let full = |bytes| {
        asked.set(bytes);
        Err(Error::new(ErrorKind::Io, "the disk is full"))
    };
    let error = unpack(&archive, &folder.path().join("job"), Limits::default(), full).unwrap_err();
    assert_eq!((error.kind(), fs::read_dir(folder.path()).unwrap().count()), (ErrorKind::Io, 1));
    assert!(asked.get() >= 5_000_000, "what it unpacks to, not what it is: {}", asked.get());
}
