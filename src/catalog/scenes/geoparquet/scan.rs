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

/// Columns of a frame that others' files have under STAC's names.
const STAC_NAMES: [(&str, &str); 3] =
    [("cloud_cover", "eo:cloud_cover"), ("resolution", "gsd"), ("incidence_angle", "view:incidence_angle")];

/// A GeoParquet file as a LazyFrame, for files of any size: a query reads the columns that
/// it needs, a row group at a time, passes over row groups that its filter rules out by
/// their bounds, and keeps the rows that pass.
///
/// The columns are those of the file. One with a `bbox` column (GeoParquet's covering) has
/// `west`, `south`, `east` and `north` too, and STAC-GeoParquet of others has
/// `cloud_cover`, `resolution` and `incidence_angle`: the names of
/// [`Scenes::to_dataframe`](crate::catalog::Scenes::to_dataframe). What is nested comes as String,
/// and holds JSON; instants are `Datetime`, UTC. Texts are as the file has them: a file of others
/// may hold signed URLs, one of [`Scenes::to_geoparquet`](crate::catalog::Scenes::to_geoparquet) does not.
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
/// [`ReadLimits::for_scenes`] hold for what a query needs of one row group, since no more is in
/// memory at a time; [`scan_geoparquet_within`] sets others.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read,
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is no Parquet. A file
/// that breaks later, or passes a limit, is told by `collect`.
pub fn scan_geoparquet(path: impl AsRef<Path>) -> Result<LazyFrame> {
    scan_geoparquet_within(path, ReadLimits::for_scenes())
}

/// A GeoParquet file as a LazyFrame, as [`scan_geoparquet`] makes it, within limits. Of these,
/// `time` and `bytes` hold, for what a query needs of one row group; rows are not counted.
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
/// As for [`scan_geoparquet`].
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
    columns: Vec<Offered>,
    schema: SchemaRef,
}

/// A column of the frame, and where in the file it comes from.
struct Offered {
    name: PlSmallStr,
    source: Source,
}

impl Scan {
    fn open(path: &Path, limits: ReadLimits) -> Result<Self> {
        let file = ParquetFile::open(path, &ReadBudget::new(limits.clone()))?;
        let mut columns: Vec<Offered> = Vec::new();
        for (name, field) in file.fields.iter() {
            if name != BBOX || !matches!(field.dtype, ArrowDataType::Struct(_)) {
                columns.push(Offered { name: name.clone(), source: Source::of(field) });
            }
        }
        let mut offer = |name: &str, source: Source| {
            if columns.iter().all(|known| known.name != name) {
                columns.push(Offered { name: name.into(), source });
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

    /// The columns of these names, of one row group.
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
            // Instants are compared as instants: their counts say nothing here. The bounds of
            // unsigned numbers are read as signed ones.
            Source::Plain(field) => match field.dtype {
                ArrowDataType::Timestamp(..) | ArrowDataType::UInt32 | ArrowDataType::UInt64 => None,
                _ => file.bounds(group, &[&field.name]),
            },
            _ => None,
        }
    }
}

/// A filter without what a sort that keeps the first rows adds to it: Polars tells it as a
/// text that cannot be evaluated, and what it rules out is left out later anyway.
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
    fn large_unsigned_numbers_are_found() {
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
