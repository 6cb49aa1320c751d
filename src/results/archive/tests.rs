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

fn message_of(entries: &[(&str, tar::EntryType, &[u8])], limits: Limits) -> String {
    let folder = tempfile::tempdir().unwrap();
    let archive = tgz(folder.path(), entries);
    refusal(&archive, limits)
}

/// Returns the message of the error of kind `Response` for an archive that is alone in its folder.
fn refusal(archive: &Path, limits: Limits) -> String {
    refusal_of(ErrorKind::Response, archive, limits)
}

/// Returns the message of the error without the path of the archive.
fn refusal_of(kind: ErrorKind, archive: &Path, limits: Limits) -> String {
    let folder = archive.parent().unwrap();
    let error = unpack(archive, &folder.join("job"), limits, roomy).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing is left behind");
    let message = error.to_string();
    message.split_once("`: ").map_or(message.clone(), |(_, message)| message.to_owned())
}

/// Returns the message of the error for an archive above a limit.
fn excess(entries: &[(&str, tar::EntryType, &[u8])], limits: Limits) -> String {
    let folder = tempfile::tempdir().unwrap();
    let archive = tgz(folder.path(), entries);
    refusal_of(ErrorKind::InvalidInput, &archive, limits)
}

#[test]
fn the_content_of_the_output_folder_is_moved_up() {
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
fn an_archive_with_a_harmful_entry_is_refused() {
    let file = tar::EntryType::Regular;
    for name in [
        "../evil",
        "output/../../evil",
        "/etc/evil",
        "a\\..\\..\\evil",
        "C:\\evil",
        "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a",
    ] {
        let error = message_of(&[("output/data.json", file, b"{}"), (name, file, b"x")], Limits::default());
        assert!(error.contains("nothing was unpacked"), "{name}: {error}");
    }
    use tar::EntryType::{Block, Char, Fifo, Link, Symlink};
    for kind in [Symlink, Link, Char, Block, Fifo] {
        let link = message_of(&[("output/link", kind, b"")], Limits::default());
        assert!(link.contains("is no file"), "{link}");
    }
    let many = [("a", file, &b""[..]), ("b", file, b"")];
    let limits = |files| Limits { files, ..Limits::default() };
    insta::assert_snapshot!(excess(&many, limits(1)), @"it holds more than 1 files: `Download::files` allows more");
    let folder = tempfile::tempdir().unwrap();
    unpack(&tgz(folder.path(), &many), &folder.path().join("job"), limits(2), roomy).unwrap();
    let twice = message_of(&[("a", file, b""), ("a", file, b"")], Limits::default());
    assert!(twice.contains("is there twice"), "{twice}");
    assert!(message_of(&[], Limits::default()).contains("holds no file"));
}

#[test]
fn a_file_with_an_invalid_name_is_renamed() {
    let file = tar::EntryType::Regular;
    let names =
        ["scene_2020-01-01T10:30:00Z.tif", "NUL", "com1.tif", "Aux .json/a", "a/b.tif", ".up42-renamed.json"];
    let folder = tempfile::tempdir().unwrap();
    let entries: Vec<_> = names.iter().map(|name| (*name, file, name.as_bytes())).collect();
    let archive = tgz(folder.path(), &entries);
    // Once with the rules of Windows, once with those of this system.
    let systems = [("windows", is_portable as fn(&str) -> bool, 5), ("here", is_taken_here, 1)];
    for (name, takes, renamed) in systems {
        let target = folder.path().join(name);
        fs::create_dir(&target).unwrap();
        let changed = read(&archive, &target, Limits::default(), &mut |bytes| roomy(bytes), takes).unwrap();
        assert_eq!(Renamed::read(&target), changed);
        for name in names {
            let here = changed.path(name);
            assert_eq!(fs::read(target.join(here)).unwrap(), name.as_bytes(), "{here}");
            assert!(here.split('/').all(takes), "{here}");
        }
        assert!(cfg!(windows) || changed.iter().count() == renamed, "{changed:?}");
    }
    let latin = tgz(folder.path(), &[("output/data.json", file, b"{}")]);
    let mut tar = Vec::new();
    Members::of(BufReader::new(File::open(&latin).unwrap())).read_to_end(&mut tar).unwrap();
    // `data.json` with "ä" in Latin-1 as its second letter.
    tar[8] = 0xe4;
    let sum: u32 = tar[..512]
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let plain = folder.path().join("plain.tar");
    fs::write(&plain, tar).unwrap();
    let target = folder.path().join("latin");
    unpack(&plain, &target, Limits::default(), roomy).unwrap();
    let renamed = Renamed::read(&target);
    let (path, here) = renamed.iter().next().unwrap();
    assert_eq!((path, fs::read(target.join(here)).unwrap()), ("d\u{fffd}ta.json", b"{}".to_vec()));
}

#[test]
fn names_that_collide_on_this_system_are_made_distinct() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = roomy;
    let mut out = Unpacked::new(folder.path(), Limits::default(), 1, is_taken_here, &mut room);
    // Simulates existing files on a case-insensitive system, and a file with the name of a folder.
    for taken in ["a.tif", "b"] {
        fs::write(folder.path().join(taken), "other").unwrap();
    }
    for path in ["a.tif", "b/c.tif"] {
        out.write(path.as_bytes(), &mut &b"II"[..]).unwrap();
        let here = out.renamed.path(path);
        assert!(here != path && fs::read(folder.path().join(here)).unwrap() == b"II", "{here}");
    }
    assert_eq!(fs::read(folder.path().join("a.tif")).unwrap(), b"other");
}

#[test]
fn all_members_of_a_gzip_are_read() {
    let noise: Vec<u8> =
        (0..20_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let folder = tempfile::tempdir().unwrap();
    let entries: [(&str, _, &[u8]); 2] = [
        ("output/data.json", tar::EntryType::Regular, b"{}"),
        ("output/a.tif", tar::EntryType::Regular, &noise),
    ];
    let mut tar = Vec::new();
    let one = tgz(folder.path(), &entries);
    Members::of(BufReader::new(File::open(&one).unwrap())).read_to_end(&mut tar).unwrap();
    let member = |bytes: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    // Cuts between entries, between blocks within one, and at any other byte.
    for (nth, cut) in [1024, 1024 + 512 + 512 * 10, 5_000].into_iter().enumerate() {
        let members = [member(&tar[..cut]), member(&tar[cut..])];
        let unpacked = |packed: &[u8]| {
            let archive = folder.path().join("members.tgz");
            fs::write(&archive, packed).unwrap();
            let target = folder.path().join(format!("job_{nth}"));
            let _ = fs::remove_dir_all(&target);
            unpack(&archive, &target, Limits::default(), roomy)
                .map(|()| fs::read(target.join("a.tif")).unwrap())
        };
        let whole = members.concat();
        for padding in [0, 1, 10_000] {
            assert_eq!(unpacked(&[whole.clone(), vec![0; padding]].concat()).unwrap(), noise);
        }
        assert!(unpacked(&[&whole[..], b"junk that is no member"].concat()).is_err());
        // A file that ends after its first member is valid for gzip, but incomplete.
        let error = unpacked(&members[0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Response, "{error}");
        assert!(unpacked(&whole[..whole.len() - 1]).is_err());
        assert!(unpacked(&whole[..members[0].len() + 5]).is_err());
    }
}

#[test]
fn a_decompression_bomb_is_refused() {
    let file = tar::EntryType::Regular;
    let zeros = vec![0; 3_000_000];
    let bomb = [("bomb", file, &zeros[..])];
    let limits = |bytes| Limits { bytes: Some(bytes), ..Limits::default() };
    insta::assert_snapshot!(excess(&bomb, limits(2_999_999)), @"it unpacks to more than 3.0 MB: `Download::largest` allows more");
    let folder = tempfile::tempdir().unwrap();
    let archive = tgz(folder.path(), &bomb);
    unpack(&archive, &folder.path().join("job"), limits(3_000_000), roomy).unwrap();
    // Data that was compressed twice exceeds the largest ratio of one compression.
    let mut twice = GzEncoder::new(Vec::new(), Compression::best());
    twice.write_all(&vec![0; 40_000_000]).unwrap();
    let inner = twice.finish().unwrap();
    let mut room = roomy;
    let mut out = Unpacked::new(folder.path(), Limits::default(), 2_000, is_taken_here, &mut room);
    let error = out.write(b"bomb", &mut Members::of(&inner[..])).unwrap_err();
    insta::assert_snapshot!(error, @"it unpacks to more than 2.0 MB, which is 1000 times its size: `Download::largest` allows more");
    // A higher limit allows the size.
    let mut out = Unpacked::new(folder.path(), limits(40_000_000), 2_000, is_taken_here, &mut room);
    out.write(b"allowed", &mut Members::of(&inner[..])).unwrap();
}

#[test]
fn undeclared_sizes_are_checked_against_free_space() {
    let folder = tempfile::tempdir().unwrap();
    let requested = std::cell::RefCell::new(Vec::new());
    let mut room = |bytes| {
        requested.borrow_mut().push(bytes);
        match requested.borrow().len() == 3 {
            true => Err(Error::new(ErrorKind::Io, "the disk is full")),
            false => Ok(()),
        }
    };
    let limits = Limits { bytes: Some(u64::MAX), ..Limits::default() };
    let mut out = Unpacked::new(folder.path(), limits, 1, is_taken_here, &mut room);
    out.reserve(10).unwrap();
    let error = out.write(b"a", &mut io::repeat(7).take(200_000_000)).unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
    assert!(out.bytes < 110_000_000, "{}", out.bytes);
    assert_eq!(*requested.borrow(), [10, STEP, STEP]);
}

#[test]
fn long_names_and_headers_are_limited() {
    let name = vec![b'a'; 3_000_000];
    for kind in [tar::EntryType::GNULongName, tar::EntryType::XHeader, tar::EntryType::XGlobalHeader] {
        let file = tar::EntryType::Regular;
        let error = message_of(&[("long", kind, &name), ("a", file, b"x")], Limits::default());
        assert!(error.contains("it has a header of more than 1 MB"), "{error}");
    }
    let long = vec![b'a'; LONGEST + 1];
    let file = ("a", tar::EntryType::Regular, &b"x"[..]);
    let error = message_of(&[("long", tar::EntryType::GNULongName, &long), file], Limits::default());
    assert!(error.ends_with("a` has a name of more than 4096 bytes: nothing was unpacked"), "{error}");
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
fn repeated_folders_count_as_entries() {
    let folder = ("a/", tar::EntryType::Directory, &b""[..]);
    let error = excess(&[folder; 5], Limits { files: 2, ..Limits::default() });
    insta::assert_snapshot!(error, @"it holds more than 4 entries: `Download::files` allows more");
}

#[test]
fn an_incomplete_archive_is_refused() {
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
    // Only the checksum shows the damage.
    let folder = tempfile::tempdir().unwrap();
    let archive = whole(folder.path());
    let mut bytes = fs::read(&archive).unwrap();
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    fs::write(&archive, bytes).unwrap();
    assert!(refusal(&archive, Limits::default()).contains("checksum"));
}

#[test]
fn zip_archives_have_the_same_limits() {
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
        zip.write_all(&vec![0; 3_000_000]).unwrap();
    });
    let error =
        refusal_of(ErrorKind::InvalidInput, &path, Limits { bytes: Some(2_999_999), ..Limits::default() });
    insta::assert_snapshot!(error, @"it unpacks to more than 3.0 MB: `Download::largest` allows more");
    let (_folder, path) = zip(|zip| {
        (0..5).for_each(|file| zip.start_file(file.to_string(), SimpleFileOptions::default()).unwrap());
    });
    let few = |files| Limits { files, ..Limits::default() };
    insta::assert_snapshot!(refusal_of(ErrorKind::InvalidInput, &path, few(2)), @"it holds more than 4 entries: `Download::files` allows more");
    insta::assert_snapshot!(refusal_of(ErrorKind::InvalidInput, &path, few(4)), @"it holds more than 4 files: `Download::files` allows more");
}

#[test]
fn an_archive_larger_than_the_free_space_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let content = vec![7; 5_000_000];
    let archive = tgz(folder.path(), &[("output/a.tif", tar::EntryType::Regular, &content)]);
    let requested = Cell::new(0);
    let full = |bytes| {
        requested.set(bytes);
        Err(Error::new(ErrorKind::Io, "the disk is full"))
    };
    let error = unpack(&archive, &folder.path().join("job"), Limits::default(), full).unwrap_err();
    assert_eq!((error.kind(), fs::read_dir(folder.path()).unwrap().count()), (ErrorKind::Io, 1));
    assert!(requested.get() >= 5_000_000, "what it unpacks to, not what it is: {}", requested.get());
}
