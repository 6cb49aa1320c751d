//! Bands of several rasters on one grid.

use up42_core::geo::crs::Crs;
use up42_core::{Error, Result};

use crate::level::Level;
use crate::raster::Raster;
use crate::transform::GeoTransform;
use crate::window::Rect;

/// Largest distance between the corners of two grids that are the same, in pixels.
const SAME: f64 = 1e-4;

/// Bands of one or more rasters, such as the files of a scene, on one grid.
///
/// The grid is that of the raster with the smallest pixels. Bands of other rasters, such as a
/// classification with larger pixels, have the value of the pixel that contains the centre of the
/// grid's pixel; outside of their raster they have no data.
///
/// ```no_run
/// use up42_raster::{Raster, Stack};
///
/// let files = [Raster::open("B04.tif")?, Raster::open("B08.tif")?, Raster::open("SCL.tif")?];
/// let stack = Stack::new(files)?.names(["red", "nir", "scl"])?;
/// # Ok::<(), up42_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stack {
    layers: Vec<Layer>,
    bands: Vec<StackBand>,
    /// Layer whose grid is that of the stack.
    grid: usize,
    transform: GeoTransform,
}

/// Raster of a stack.
#[derive(Clone, Debug)]
struct Layer {
    level: Level,
    /// Transformation from pixels of the stack to those of the raster; `None` if they are the same.
    from_stack: Option<GeoTransform>,
}

#[derive(Clone, Debug)]
struct StackBand {
    layer: usize,
    /// Index in the raster.
    index: usize,
    name: String,
    scale: (f64, f64),
}

impl Stack {
    /// Creates a stack of all bands of rasters, in full resolution and in their order. The names are
    /// those of the rasters' bands.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) if there is no raster, one
    /// has no georeference, or two have different coordinate systems.
    pub fn new(rasters: impl IntoIterator<Item = Raster>) -> Result<Self> {
        let rasters: Vec<_> = rasters.into_iter().collect();
        let transforms = rasters.iter().map(transform).collect::<Result<Vec<_>>>()?;
        let area = |transform: &GeoTransform| {
            let [_, a, b, _, c, d] = transform.0;
            (a * d - b * c).abs()
        };
        let grid = (0..rasters.len())
            .min_by(|one, other| area(&transforms[*one]).total_cmp(&area(&transforms[*other])));
        let Some(grid) = grid else { return Err(Error::invalid("there is no raster")) };
        if let Some(other) = rasters.iter().find(|raster| differ(raster.crs(), rasters[grid].crs())) {
            return Err(Error::invalid(format!(
                "raster `{}` has another coordinate system than `{}`: reproject it by `gdalwarp -t_srs`",
                other.name(),
                rasters[grid].name()
            )));
        }
        let size = |raster: &Raster| (raster.width(), raster.height());
        let layer = |(raster, transform): (&Raster, &GeoTransform)| {
            let from_stack = transform.inverse().map(|inverse| composed(&transforms[grid], &inverse));
            let is_same = size(raster) == size(&rasters[grid])
                && from_stack.is_some_and(|from_stack| is_identity(&from_stack, size(raster)));
            Layer { level: raster.level(0), from_stack: from_stack.filter(|_| !is_same) }
        };
        let bands = rasters.iter().enumerate().flat_map(|(layer, raster)| {
            raster.bands().iter().enumerate().map(move |(index, band)| StackBand {
                layer,
                index,
                name: band.name.clone().unwrap_or_default(),
                scale: (band.scale, band.offset),
            })
        });
        let bands = bands.collect();
        let layers = rasters.iter().zip(&transforms).map(layer).collect();
        Ok(Self { layers, bands, grid, transform: transforms[grid] })
    }

    /// Sets the names of all bands.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) if there are more or fewer
    /// names than bands.
    pub fn names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() != self.bands.len() {
            let message = format!("there are {} names for {} bands", names.len(), self.bands.len());
            return Err(Error::invalid(message));
        }
        for (band, name) in self.bands.iter_mut().zip(names) {
            band.name = name;
        }
        Ok(self)
    }

    /// Returns the names of the bands; those of bands without a name are empty.
    pub fn band_names(&self) -> Vec<&str> {
        self.bands.iter().map(|band| band.name.as_str()).collect()
    }

    /// Returns factor and summand of the stored values of each band.
    pub fn scales(&self) -> Vec<(f64, f64)> {
        self.bands.iter().map(|band| band.scale).collect()
    }

    /// Returns the transformation from pixels to coordinates.
    pub fn transform(&self) -> GeoTransform {
        self.transform
    }

    /// Returns the coordinate system; `None` if no raster states one.
    pub fn crs(&self) -> Option<&Crs> {
        self.layers.iter().find_map(|layer| layer.level.raster().crs())
    }

    /// Returns the level whose grid and blocks are those of the stack.
    pub(crate) fn grid(&self) -> &Level {
        &self.layers[self.grid].level
    }

    /// Announces rectangles to the sources, so that remote ones can merge their ranges.
    pub(crate) fn prefetch(&self, rects: &[Rect], bands: &[usize]) -> Result<()> {
        for (index, layer) in self.layers.iter().enumerate() {
            let bands: Vec<usize> = self.in_layer(index, bands).map(|(_, band)| band).collect();
            if bands.is_empty() {
                continue;
            }
            let parts = rects.iter().filter_map(|rect| layer.rect(*rect));
            let mut blocks: Vec<_> = parts.flat_map(|rect| layer.level.blocks_in(rect)).collect();
            blocks.sort_unstable();
            blocks.dedup();
            layer.level.prefetch(&blocks, &bands)?;
        }
        Ok(())
    }

    /// Returns the values of bands in a rectangle, for each band row by row.
    pub(crate) fn read(&self, rect: Rect, bands: &[usize]) -> Result<Vec<Vec<f64>>> {
        let mut found = vec![Vec::new(); bands.len()];
        for (index, layer) in self.layers.iter().enumerate() {
            let (positions, indices): (Vec<usize>, Vec<usize>) = self.in_layer(index, bands).unzip();
            if !indices.is_empty() {
                for (position, values) in positions.into_iter().zip(layer.read(rect, &indices)?) {
                    found[position] = values;
                }
            }
        }
        Ok(found)
    }

    /// Returns the bands of a layer: their positions in `bands`, and their indices in the raster.
    fn in_layer<'a>(&'a self, layer: usize, bands: &'a [usize]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let bands = bands.iter().map(|band| &self.bands[*band]).enumerate();
        bands.filter(move |(_, band)| band.layer == layer).map(|(position, band)| (position, band.index))
    }
}

impl Layer {
    /// Returns the part of the raster that has the pixels of a rectangle of the stack; `None` if it
    /// is outside.
    fn rect(&self, rect: Rect) -> Option<Rect> {
        let Some(from_stack) = &self.from_stack else { return Some(rect) };
        let (left, top) = (rect.x as f64, rect.y as f64);
        let (right, bottom) = (left + rect.width as f64, top + rect.height as f64);
        let corners =
            [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| from_stack.apply(x, y));
        let range = |values: [f64; 4], end: usize| {
            let (least, most) = values
                .iter()
                .fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(*value), most.max(*value)));
            // Casts of negative numbers are 0.
            let (start, end) = (least.floor() as usize, (most.ceil() as usize).min(end));
            (start < end).then(|| (start, end - start))
        };
        let (x, width) = range(corners.map(|corner| corner.0), self.level.width())?;
        let (y, height) = range(corners.map(|corner| corner.1), self.level.height())?;
        Some(Rect { x, y, width, height })
    }

    fn read(&self, rect: Rect, bands: &[usize]) -> Result<Vec<Vec<f64>>> {
        let part = self.rect(rect);
        let (Some(from_stack), Some(part)) = (&self.from_stack, part) else {
            return match part {
                Some(part) => Ok(self.level.read(part, bands)?.bands),
                None => Ok(vec![vec![f64::NAN; rect.pixels()]; bands.len()]),
            };
        };
        let window = self.level.read(part, bands)?;
        let index = |column: usize, row: usize| {
            let (x, y) = from_stack.apply(column as f64 + 0.5, row as f64 + 0.5);
            let (x, y) = (x.floor() - part.x as f64, y.floor() - part.y as f64);
            let is_inside = x >= 0.0 && y >= 0.0 && x < part.width as f64 && y < part.height as f64;
            is_inside.then(|| y as usize * part.width + x as usize)
        };
        let rows = rect.y..rect.y + rect.height;
        let pixels = rows.flat_map(|row| (rect.x..rect.x + rect.width).map(move |column| (column, row)));
        let indices: Vec<Option<usize>> = pixels.map(|(column, row)| index(column, row)).collect();
        let value = |values: &[f64], index: &Option<usize>| index.map_or(f64::NAN, |index| values[index]);
        let sampled = |values: &Vec<f64>| indices.iter().map(|index| value(values, index)).collect();
        Ok(window.bands.iter().map(sampled).collect())
    }
}

fn transform(raster: &Raster) -> Result<GeoTransform> {
    raster.transform().filter(|transform| transform.inverse().is_some()).ok_or_else(|| {
        Error::invalid(format!(
            "raster `{}` is not placed by a transformation: convert it by `gdalwarp -t_srs`",
            raster.name()
        ))
    })
}

/// Returns whether two coordinate systems differ; an unknown one does not.
fn differ(one: Option<&Crs>, other: Option<&Crs>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

/// Returns the transformation that applies one and then another.
fn composed(first: &GeoTransform, second: &GeoTransform) -> GeoTransform {
    let at = |column, row| {
        let (x, y) = first.apply(column, row);
        second.apply(x, y)
    };
    let ((x, y), (right_x, right_y), (down_x, down_y)) = (at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0));
    GeoTransform([x, right_x - x, down_x - x, y, right_y - y, down_y - y])
}

/// Returns whether a transformation moves no corner of a grid.
fn is_identity(transform: &GeoTransform, (width, height): (usize, usize)) -> bool {
    let (width, height) = (width as f64, height as f64);
    [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)].iter().all(|&(x, y)| {
        let (to_x, to_y) = transform.apply(x, y);
        (to_x - x).abs() < SAME && (to_y - y).abs() < SAME
    })
}
