//! Land, coasts and country borders of Natural Earth, from packed files of this library.
//!
//! The format is described at the head of `assets/natural-earth/pack.mjs`. Decoding the data of a
//! map or a scene takes a few milliseconds, so nothing is cached: cells of a notebook may each link
//! their own copy of this crate, and a global cache would exist once per cell.

/// Level of detail of the coast. Files are divided into cells, and only those in view are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// 1:110 million, for the whole Earth.
    World,
    /// 1:50 million, for some tens of degrees.
    Region,
    /// 1:10 million, for a few degrees.
    Place,
}

impl Detail {
    /// Returns the level of detail for a view of some degrees.
    pub fn for_span(degrees: f64) -> Self {
        match degrees {
            span if span < 8.0 => Self::Place,
            span if span < 60.0 => Self::Region,
            _ => Self::World,
        }
    }

    fn file(self) -> &'static [u8] {
        match self {
            Self::World => include_bytes!("../../assets/natural-earth/land-110m.bin"),
            Self::Region => include_bytes!("../../assets/natural-earth/land-50m.bin"),
            Self::Place => include_bytes!("../../assets/natural-earth/land-10m.bin"),
        }
    }
}

/// Line of longitudes and latitudes in degrees.
pub type Line = Vec<[f64; 2]>;

/// Land in a bounding box; longitudes may exceed 180° if those of the box do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Land {
    /// Rings for even-odd filling; implicitly closed, and cut at the edges of cells.
    pub rings: Vec<Line>,
    /// Outlines of the rings without the cuts.
    pub coasts: Vec<Line>,
    /// Borders between countries.
    pub borders: Vec<Line>,
}

/// Returns the land in and around a bounding box (west, south, east, north).
pub fn land(detail: Detail, bbox: [f64; 4]) -> Land {
    let atlas = Atlas::open(detail);
    let mut land = Land::default();
    for (cell, shift) in atlas.cells(bbox) {
        atlas.decode(Reader { bytes: cell }, shift, &mut land);
    }
    land
}

/// Returns the cells in and around a bounding box for the map viewer: units per degree, cell size,
/// number of cells, then each cell after its shift in multiples of 360° plus one.
pub fn packed(detail: Detail, bbox: [f64; 4]) -> Vec<u8> {
    let atlas = Atlas::open(detail);
    let cells = atlas.cells(bbox);
    let mut out = Vec::new();
    for value in [atlas.units as u64, atlas.cell as u64, cells.len() as u64] {
        write_varint(&mut out, value);
    }
    for (cell, shift) in cells {
        write_varint(&mut out, (shift / 360.0 + 1.0) as u64);
        out.extend_from_slice(cell);
    }
    out
}

/// Returns for each pixel of a bounding box whether it is land: row by row from the north-west, by
/// the middle of the pixel (linear in longitude and latitude).
pub fn land_mask(bbox: [f64; 4], width: usize, height: usize) -> Vec<bool> {
    let [west, south, east, north] = bbox;
    let land = land(Detail::for_span((east - west).max(north - south)), bbox);
    let row_of = |lat: f64| (north - lat) / (north - south) * height as f64 - 0.5;
    let column_of = |lon: f64| (lon - west) / (east - west) * width as f64 - 0.5;
    // Columns where the outlines cross the middle of each row.
    let mut crossings = vec![Vec::<f64>::new(); height];
    for ring in &land.rings {
        let Some(last) = ring.last() else { continue };
        let (mut x0, mut y0) = (column_of(last[0]), row_of(last[1]));
        for point in ring {
            let (x1, y1) = (column_of(point[0]), row_of(point[1]));
            let first = y0.min(y1).ceil().max(0.0);
            let end = y0.max(y1).ceil().min(height as f64);
            let mut row = first;
            while row < end {
                crossings[row as usize].push(x0 + (row - y0) / (y1 - y0) * (x1 - x0));
                row += 1.0;
            }
            (x0, y0) = (x1, y1);
        }
    }
    let mut mask = vec![false; width * height];
    for (line, row) in crossings.iter_mut().zip(mask.chunks_mut(width.max(1))) {
        line.sort_unstable_by(f64::total_cmp);
        for pair in line.chunks_exact(2) {
            let from = pair[0].ceil().clamp(0.0, width as f64) as usize;
            let to = pair[1].ceil().clamp(0.0, width as f64) as usize;
            row[from..to].fill(true);
        }
    }
    mask
}

/// Opened packed file.
struct Atlas {
    units: i64,
    cell: i64,
    columns: i64,
    rows: i64,
    index: Reader,
}

impl Atlas {
    fn open(detail: Detail) -> Self {
        let mut index = Reader { bytes: detail.file() };
        let [units, cell, columns, rows] = std::array::from_fn(|_| index.varint() as i64);
        Self { units, cell, columns, rows, index }
    }

    /// Returns the bytes of each cell that touches the box and is not empty, and the shift of its
    /// longitudes in degrees.
    fn cells(&self, [west, south, east, north]: [f64; 4]) -> Vec<(&'static [u8], f64)> {
        let count = self.columns * self.rows;
        let mut index = Reader { bytes: self.index.bytes };
        let lengths: Vec<usize> = (0..count).map(|_| index.varint() as usize).collect();
        let mut starts = Vec::with_capacity(lengths.len());
        let mut start = 0;
        for length in &lengths {
            starts.push(start);
            start += length;
        }
        let row_of = |lat: f64| (((lat + 90.0) / self.cell as f64).floor() as i64).clamp(0, self.rows - 1);
        // Longitudes beyond ±180° repeat the same cells.
        let column_of = |lon: f64| (lon.clamp(-540.0, 540.0) + 180.0) / self.cell as f64;
        let columns = column_of(west).floor() as i64..column_of(east).ceil() as i64;
        let mut cells = Vec::new();
        for row in row_of(south)..=row_of(north) {
            for column in columns.clone() {
                let turns = column.div_euclid(self.columns);
                let at = (row * self.columns + column.rem_euclid(self.columns)) as usize;
                if lengths[at] > 0 {
                    let bytes = &index.bytes[starts[at]..starts[at] + lengths[at]];
                    cells.push((bytes, turns as f64 * 360.0));
                }
            }
        }
        cells
    }

    fn decode(&self, mut cell: Reader, shift: f64, land: &mut Land) {
        let scale = 1.0 / self.units as f64;
        let step = self.units * self.cell;
        let (west, south) = (-180 * self.units, -90 * self.units);
        let degrees = |[x, y]: [i64; 2]| [x as f64 * scale + shift, y as f64 * scale];
        for _ in 0..cell.varint() {
            let ring = cell.points();
            // A segment of the outline along the edge of a cell is a cut.
            let is_cut = |a: [i64; 2], b: [i64; 2]| {
                (a[0] == b[0] && (a[0] - west) % step == 0) || (a[1] == b[1] && (a[1] - south) % step == 0)
            };
            let mut coast = Line::new();
            for (i, &point) in ring.iter().enumerate() {
                let next = ring[(i + 1) % ring.len()];
                if is_cut(point, next) {
                    if coast.len() > 1 {
                        land.coasts.push(std::mem::take(&mut coast));
                    }
                    coast.clear();
                } else {
                    if coast.is_empty() {
                        coast.push(degrees(point));
                    }
                    coast.push(degrees(next));
                }
            }
            if coast.len() > 1 {
                land.coasts.push(coast);
            }
            land.rings.push(ring.into_iter().map(degrees).collect());
        }
        for _ in 0..cell.varint() {
            land.borders.push(cell.points().into_iter().map(degrees).collect());
        }
    }
}

/// Reader of varints; past the end it returns zeros, though the library's own files never end
/// early.
struct Reader {
    bytes: &'static [u8],
}

impl Reader {
    fn varint(&mut self) -> u64 {
        let mut value = 0;
        let mut shift = 0;
        while let Some((&byte, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            value |= u64::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 || shift > 56 {
                break;
            }
        }
        value
    }

    fn zigzag(&mut self) -> i64 {
        let value = self.varint();
        (value >> 1) as i64 ^ -((value & 1) as i64)
    }

    fn points(&mut self) -> Vec<[i64; 2]> {
        let (mut x, mut y) = (0, 0);
        let count = self.varint();
        (0..count)
            .map(|_| {
                x += self.zigzag();
                y += self.zigzag();
                [x, y]
            })
            .collect()
    }
}

fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 127 {
        out.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether a position is land, at the finest detail.
    fn is_land(lon: f64, lat: f64) -> bool {
        land_mask([lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4], 1, 1)[0]
    }

    #[test]
    fn dakar_is_land_and_the_atlantic_is_sea() {
        assert!(is_land(-17.447, 14.72), "the city");
        assert!(is_land(-16.9, 14.8), "Thiès");
        assert!(!is_land(-17.8, 14.7), "west of the peninsula");
        assert!(!is_land(-17.35, 14.60), "south of it");
        assert!(!is_land(51.0, 42.0), "the Caspian Sea is a hole in the land");
        assert!(is_land(37.0, -0.5) && !is_land(77.0, -0.5), "Kenya, and the sea south of India");
    }

    #[test]
    fn a_mask_starts_in_the_north_west() {
        // Box around the cape: sea in the west, land in the east.
        let mask = land_mask([-18.0, 14.2, -16.5, 15.2], 30, 20);
        assert!(!mask[0] && mask[29] && !mask[19 * 30], "north-west sea, north-east land, south-west sea");
        let share = mask.iter().filter(|land| **land).count() as f64 / 600.0;
        assert!((0.3..0.7).contains(&share), "{share}");
    }

    #[test]
    fn all_levels_of_detail_have_the_same_land() {
        let whole = land_mask([-180.0, -90.0, 180.0, 90.0], 360, 180);
        let share = whole.iter().filter(|land| **land).count() as f64 / whole.len() as f64;
        // Land is 29 % of the Earth, and more in a grid of equal degrees.
        assert!((0.30..0.40).contains(&share), "{share}");
        for bbox in [[-20.0, 0.0, 30.0, 40.0], [10.0, 45.0, 17.0, 50.0], [-70.0, -56.0, -66.0, -52.0]] {
            let [west, south, east, north] = bbox;
            let (width, height) = ((east - west) as usize, (north - south) as usize);
            let fine = land_mask(bbox, width, height);
            let mut same = 0;
            for (i, land) in fine.iter().enumerate() {
                let (x, y) = (west as i64 + (i % width) as i64, north as i64 - 1 - (i / width) as i64);
                same += usize::from(whole[((89 - y) * 360 + x + 180) as usize] == *land);
            }
            assert!(same as f64 / fine.len() as f64 > 0.75, "{bbox:?}: {same} of {}", fine.len());
        }
    }

    #[test]
    fn a_box_may_cross_the_antimeridian() {
        // Viti Levu and Vanua Levu in the west, Taveuni across 180°.
        let mask = land_mask([177.0, -18.5, 181.0, -16.0], 160, 100);
        assert!(mask.iter().any(|land| *land));
        let chukotka = land_mask([170.0, 64.0, 190.0, 70.0], 200, 60);
        assert!(chukotka[20 * 200 + 95] && chukotka[20 * 200 + 105], "land on both sides");
    }

    #[test]
    fn coasts_exclude_the_edges_of_the_tile() {
        let inland = land(Detail::Place, [24.1, 20.1, 25.9, 21.9]);
        assert!(!inland.rings.is_empty() && inland.coasts.is_empty(), "the Libyan desert has no coast");
        let dakar = land(Detail::Place, [-18.0, 14.0, -17.0, 15.0]);
        assert!(!dakar.coasts.is_empty());
        assert!(!land(Detail::World, [-180.0, -90.0, 180.0, 90.0]).borders.is_empty());
    }
}
