//! Images of a file: full resolution, overviews, and their masks.

use std::collections::HashSet;
use std::sync::Arc;

use up42_core::limits::ReadBudget;
use up42_core::{Error, Result};

use super::directory::{Directory, Format, Reader};
use super::image::Image;
use super::pages::Pages;
use super::tags;
use crate::source::ReadAt;

/// Largest number of directories of a file; each page of a document has one.
const MOST_DIRECTORIES: usize = 4096;

/// Opened TIFF.
#[derive(Debug)]
pub struct Header {
    pub pages: Pages,
    pub format: Format,
    /// Full resolution, and overviews from large to small.
    pub levels: Vec<LevelImages>,
}

/// Image of one level, and the mask of its valid pixels.
#[derive(Debug)]
pub struct LevelImages {
    pub image: Image,
    pub mask: Option<Image>,
}

impl Header {
    /// Reads all directories. Returns also the directory of the full resolution.
    pub fn read(source: Arc<dyn ReadAt>, budget: &ReadBudget) -> Result<(Self, Directory)> {
        let pages = Pages::new(source);
        let (format, first) = Format::read(&pages)?;
        let reader = Reader { pages: &pages, format, budget };
        let mut images = Vec::new();
        let mut main = None;
        for directory in directories(&reader, first)? {
            let image = match Image::read(&reader, &directory) {
                Ok(image) => image,
                // A damaged overview does not cost the raster.
                Err(_) if main.is_some() => continue,
                Err(error) => return Err(error),
            };
            if main.is_none() {
                main = Some(directory);
            }
            images.push(image);
        }
        let main = main.ok_or_else(|| Error::invalid("it has no image: the file is damaged"))?;
        Ok((Self { levels: levels(images), format, pages }, main))
    }

    /// Returns a reader for the tables of blocks.
    pub fn reader<'a>(&'a self, budget: &'a ReadBudget) -> Reader<'a> {
        Reader { pages: &self.pages, format: self.format, budget }
    }
}

/// Returns all directories: those of the chain, and the reduced images that they refer to.
fn directories(reader: &Reader, first: u64) -> Result<Vec<Directory>> {
    let mut found = Vec::new();
    let mut visited = HashSet::new();
    let mut next = first;
    while next != 0 {
        if !visited.insert(next) || found.len() >= MOST_DIRECTORIES {
            return Err(Error::invalid("its directories form a loop: the file is damaged"));
        }
        reader.budget.check_time()?;
        let directory = match reader.directory(next) {
            Ok(directory) => directory,
            // Programs that were interrupted leave a chain without its end.
            Err(_) if !found.is_empty() => break,
            Err(error) => return Err(error),
        };
        next = directory.next;
        let children = reader.all(&directory, tags::SUB_IFDS)?;
        found.push(directory);
        for child in children {
            if !visited.insert(child) || found.len() >= MOST_DIRECTORIES {
                return Err(Error::invalid("its directories form a loop: the file is damaged"));
            }
            found.push(reader.directory(child)?);
        }
    }
    Ok(found)
}

/// Sorts images by their kinds (tag NewSubfileType). Further pages of the full size are left out,
/// as in GDAL.
fn levels(images: Vec<Image>) -> Vec<LevelImages> {
    let mut images = images.into_iter();
    let mut levels = Vec::new();
    let mut masks = Vec::new();
    if let Some(image) = images.next() {
        levels.push(LevelImages { image, mask: None });
    }
    for image in images {
        let main = &levels[0].image;
        let is_smaller = image.width <= main.width && image.height <= main.height;
        if image.is_mask {
            masks.push(image);
        } else if image.is_reduced && is_smaller && image.samples == main.samples {
            levels.push(LevelImages { image, mask: None });
        }
    }
    if let Some(overviews) = levels.get_mut(1..) {
        overviews.sort_by_key(|level| std::cmp::Reverse((level.image.width, level.image.height)));
    }
    for mask in masks {
        let same = |level: &&mut LevelImages| {
            level.mask.is_none() && (level.image.width, level.image.height) == (mask.width, mask.height)
        };
        if let Some(level) = levels.iter_mut().find(same) {
            level.mask = Some(mask);
        }
    }
    levels
}
