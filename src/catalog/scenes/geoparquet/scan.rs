use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{
    AnonymousScan, AnonymousScanArgs, DataFrame, Expr, Field as FrameField, IntoLazy, LazyFrame, PlSmallStr,
    PolarsError, PolarsResult, ScanArgsAnonymous, Schema, SchemaRef, lit,
};
use polars_arrow::datatypes::ArrowDataType;

use super::bounds::may_pass;
use super::source::Source;
use super::{BBOX, SIDES};
use up42_core::error::{Context, Result};
use up42_core::geo::parquet::ParquetFile;
use up42_core::limits::{ReadBudget, ReadLimits};

/// Columns of a frame, and their STAC names in files of other programs.
const STAC_NAMES: [(&str, &str); 3] =
    [("cloud_cover", "eo:cloud_cover"), ("resolution", "gsd"), ("incidence_angle", "view:incidence_angle")];

/// Opens a GeoParquet file of any size as a LazyFrame. A query reads only the columns that it
/// needs, one row group at a time, skips row groups that its filter excludes by their bounds, and
/// keeps the rows that pass.
///
/// The columns are those of the file. A `bbox` column (GeoParquet's covering) adds `west`, `south`,
/// `east` and `north`, and STAC-GeoParquet of other programs gets `cloud_cover`, `resolution` and
/// `incidence_angle`, the names of [`Scenes::to_dataframe`](crate::catalog::Scenes::to_dataframe).
/// Nested values are String, and contain JSON; instants are `Datetime`, UTC. Texts are not changed:
/// a file of another program may contain signed URLs, one of
/// [`Scenes::to_geoparquet`](crate::catalog::Scenes::to_geoparquet) does not.
///
/// ```
/// # use up42::{Aoi, Client, polars::prelude::*};
/// # use up42::catalog::Search;
/// # let client = Client::simulator()?;
/// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("scenes.parquet");
/// # client.catalog().search(Search::new(&aoi).limit(50))?.to_geoparquet(&path)?;
/// let clear = up42::catalog::scan_geoparquet(&path)?
///     .filter(col("west").lt(lit(-17.0)).and(col("cloud_cover").lt(lit(10.0))))
///     .select([col("id"), col("datetime"), col("cloud_cover")])
///     .collect()?;
/// assert_eq!(clear.width(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`ReadLimits::for_scenes`] apply to what a query needs of one row group, since no more is in
/// memory at a time; [`scan_geoparquet_within`] takes other limits.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read,
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if it is not Parquet. `collect`
/// fails if the file is damaged further on, or exceeds a limit.
pub fn scan_geoparquet(path: impl AsRef<Path>) -> Result<LazyFrame> {
    scan_geoparquet_within(path, ReadLimits::for_scenes())
}

/// Opens a GeoParquet file as a LazyFrame as [`scan_geoparquet`] does, within the given limits.
/// Only `time` and `bytes` apply, to what a query needs of one row group; rows are not counted.
///
/// ```
/// # use up42::{Aoi, Client};
/// # use up42::aoi::ReadLimits;
/// # use up42::catalog::Search;
/// # let client = Client::simulator()?;
/// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("scenes.parquet");
/// # client.catalog().search(Search::new(&aoi).limit(50))?.to_geoparquet(&path)?;
/// let large = ReadLimits::for_scenes().bytes(8_000_000_000);
/// let scenes = up42::catalog::scan_geoparquet_within(&path, large)?;
/// # assert!(scenes.collect()?.height() > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The same as [`scan_geoparquet`].
pub fn scan_geoparquet_within(path: impl AsRef<Path>, limits: ReadLimits) -> Result<LazyFrame> {
    let path = path.as_ref();
    let open = || -> Result<LazyFrame> {
        let scan = Arc::new(Scan::open(path, limits)?);
        let args = ScanArgsAnonymous {
            schema: Some(scan.schema.clone()),
            name: "GEOPARQUET SCAN",
            ..ScanArgsAnonymous::default()
        };
        Ok(LazyFrame::anonymous_scan(scan, args)?)
    };
    open().with_context(|| format!("scan `{}`", path.display()))
}

struct Scan {
    path: PathBuf,
    limits: ReadLimits,
    columns: Vec<ScanColumn>,
    schema: SchemaRef,
}

/// Column of the frame, and its source in the file.
struct ScanColumn {
    name: PlSmallStr,
    source: Source,
}

impl Scan {
    fn open(path: &Path, limits: ReadLimits) -> Result<Self> {
        let file = ParquetFile::open(path, &ReadBudget::new(limits.clone()))?;
        let mut columns: Vec<ScanColumn> = Vec::new();
        for (name, field) in file.fields.iter() {
            if name != BBOX || !matches!(field.dtype, ArrowDataType::Struct(_)) {
                columns.push(ScanColumn { name: name.clone(), source: Source::of(field) });
            }
        }
        let mut offer = |name: &str, source: Source| {
            if columns.iter().all(|known| known.name != name) {
                columns.push(ScanColumn { name: name.into(), source });
            }
        };
        for (name, stac) in STAC_NAMES {
            if let Some(field) = file.fields.get(stac) {
                offer(name, Source::of(field));
            }
        }
        if let Some(field) = file.fields.get(BBOX)
            && let ArrowDataType::Struct(members) = &field.dtype
            && SIDES.iter().all(|side| members.iter().any(|member| member.name == *side))
        {
            for (name, side) in ["west", "south", "east", "north"].into_iter().zip(SIDES) {
                offer(name, Source::Side(field.clone(), side));
            }
        }
        let fields = columns.iter().map(|column| FrameField::new(column.name.clone(), column.source.dtype()));
        Ok(Self { path: path.to_owned(), limits, schema: Arc::new(Schema::from_iter(fields)), columns })
    }

    /// Reads the columns with these names from one row group.
    fn group(&self, file: &ParquetFile, group: usize, names: &[PlSmallStr]) -> Result<DataFrame> {
        let wanted = names.iter().filter_map(|name| self.columns.iter().find(|column| column.name == *name));
        let budget = ReadBudget::new(self.limits.clone());
        let columns = wanted.map(|column| column.source.read(file, group, column.name.clone(), &budget));
        Ok(DataFrame::new(file.groups()[group].num_rows(), columns.collect::<Result<_>>()?)?)
    }

    fn collect(&self, options: &AnonymousScanArgs) -> Result<DataFrame> {
        let all = || self.columns.iter().map(|column| column.name.clone()).collect();
        let names: Vec<_> = options.with_columns.as_ref().map_or_else(all, |names| names.to_vec());
        let filter = options.predicate.clone().map(without_hints);
        let mut read = names.clone();
        for part in filter.iter().flatten() {
            if let Expr::Column(name) = part
                && !read.contains(name)
            {
                read.push(name.clone());
            }
        }
        let file = ParquetFile::open(&self.path, &ReadBudget::new(self.limits.clone()))?;
        let mut left = options.n_rows.unwrap_or(usize::MAX);
        let mut found: Option<DataFrame> = None;
        for group in 0..file.groups().len() {
            if left == 0 {
                break;
            }
            let rows = file.groups()[group].num_rows().min(left);
            left -= rows;
            let bounds = |name: &str| self.bounds(&file, group, name);
            if filter.as_ref().is_some_and(|filter| !may_pass(filter, &bounds)) {
                continue;
            }
            let mut part = self.group(&file, group, &read)?.head(Some(rows));
            if let Some(filter) = &filter {
                part = part.lazy().filter(filter.clone()).collect()?;
            }
            let part = part.select(names.iter().cloned())?;
            match &mut found {
                Some(found) => drop(found.vstack_mut(&part)?),
                None => found = Some(part),
            }
        }
        match found {
            Some(found) => Ok(found),
            None => Ok(DataFrame::empty_with_schema(&self.schema).select(names)?),
        }
    }

    fn bounds(&self, file: &ParquetFile, group: usize, name: &str) -> Option<(f64, f64)> {
        match &self.columns.iter().find(|column| column.name == name)?.source {
            Source::Side(field, side) => file.bounds(group, &[&field.name, side]),
            // Instants are compared as instants: bounds of their integers do not apply. The bounds
            // of unsigned numbers are read as signed ones.
            Source::Plain(field) => match field.dtype {
                ArrowDataType::Timestamp(..) | ArrowDataType::UInt32 | ArrowDataType::UInt64 => None,
                _ => file.bounds(group, &[&field.name]),
            },
            _ => None,
        }
    }
}

/// Removes from a filter the part that Polars adds for a sort with a limit: it is a text that
/// cannot be evaluated, and the rows that it excludes are removed later anyway.
fn without_hints(filter: Expr) -> Expr {
    filter.map_expr(|part| match part {
        Expr::Display { fmt_str, .. } if fmt_str.starts_with("dynamic_pred") => lit(true),
        other => other,
    })
}

impl AnonymousScan for Scan {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scan(&self, options: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        self.collect(&options)
            .with_context(|| format!("scan `{}`", self.path.display()))
            .map_err(|error| PolarsError::ComputeError(error.to_string().into()))
    }

    fn schema(&self, _: Option<usize>) -> PolarsResult<SchemaRef> {
        Ok(self.schema.clone())
    }

    fn allows_predicate_pushdown(&self) -> bool {
        true
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use polars::prelude::col;
    use polars_arrow::array::PrimitiveArray;
    use polars_arrow::datatypes::{ArrowSchema, Field};
    use polars_arrow::record_batch::RecordBatchT;
    use polars_parquet::write::{
        CompressionOptions, Encoding, FileWriter, RowGroupIterator, StatisticsOptions, Version, WriteOptions,
    };

    use super::*;

    #[test]
    fn large_unsigned_numbers_pass_their_filter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.parquet");
        let numbers = PrimitiveArray::<u32>::from_vec(vec![3_000_000_000, 4_000_000_000]).boxed();
        let schema = ArrowSchema::from_iter([Field::new("n".into(), ArrowDataType::UInt32, true)]);
        let options = WriteOptions {
            statistics: StatisticsOptions::full(),
            version: Version::V1,
            compression: CompressionOptions::Uncompressed,
            data_page_size: None,
        };
        let rows = RecordBatchT::try_new(2, Arc::new(schema.clone()), vec![numbers]);
        let encodings = vec![vec![Encoding::Plain]];
        let groups =
            RowGroupIterator::try_new([rows].into_iter(), &schema, options, encodings.into()).unwrap();
        let mut writer = FileWriter::try_new(File::create(&path).unwrap(), schema, options).unwrap();
        for group in groups {
            writer.write(2, group.unwrap()).unwrap();
        }
        writer.end(None).unwrap();
        let frame = scan_geoparquet(&path).unwrap().filter(col("n").gt(lit(3_500_000_000u32)));
        assert_eq!(frame.collect().unwrap().height(), 1);
    }
}
