use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use polars_arrow::array::Array;
use polars_arrow::compute::concatenate::concatenate;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, TimeUnit};
use polars_parquet::parquet::schema::types::{ParquetType, PrimitiveConvertedType, PrimitiveLogicalType};
use polars_parquet::parquet::statistics::Statistics;
use polars_parquet::read::schema::parquet_to_arrow_schema;
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, PageReader, RowGroupMetadata, column_iter_to_arrays,
};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::geo::parquet::{guarded, read_metadata};

/// A Parquet file, read column by column.
pub(super) struct ParquetFile {
    file: File,
    length: u64,
    metadata: FileMetadata,
    /// The columns, as Parquet itself has them: what writers say of their own types
    /// beside it is not needed, and differs.
    pub(super) fields: ArrowSchema,
}

impl ParquetFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let metadata = read_metadata(&mut file)?;
        let mut fields = guarded(|| Ok(parquet_to_arrow_schema(metadata.schema().fields())))?;
        fields.iter_values_mut().for_each(|field| field.dtype = without_zone(&field.dtype));
        Ok(Self { file, length, metadata, fields })
    }

    pub(super) fn groups(&self) -> &[RowGroupMetadata] {
        &self.metadata.row_groups
    }

    /// JSON of the file's own metadata.
    pub(super) fn note(&self, key: &str) -> Option<Value> {
        let pairs = self.metadata.key_value_metadata.as_deref()?;
        let text = pairs.iter().find(|pair| pair.key == key)?.value.as_deref()?;
        serde_json::from_str(text).ok()
    }

    /// The columns that hold JSON by their logical type, as DuckDB writes it.
    pub(super) fn json_columns(&self) -> impl Iterator<Item = &str> {
        let types = self.metadata.schema().fields().iter();
        types
            .filter(|one| {
                let ParquetType::PrimitiveType(one) = one else { return false };
                one.logical_type == Some(PrimitiveLogicalType::Json)
                    || one.converted_type == Some(PrimitiveConvertedType::Json)
            })
            .map(ParquetType::name)
    }

    /// A column of a row group, whole.
    pub(super) fn column(&self, group: usize, field: &Field) -> Result<Box<dyn Array>> {
        let told = || format!("column `{}`", field.name);
        guarded(|| self.decode(&self.groups()[group], field)).map_err(|error| error.context(told()))
    }

    fn decode(&self, group: &RowGroupMetadata, field: &Field) -> Result<Box<dyn Array>> {
        let leaves = group.columns_under_root_iter(&field.name);
        let (mut pages, mut types) = (Vec::new(), Vec::new());
        for leaf in leaves.into_iter().flatten() {
            let bytes = self.bytes(leaf)?;
            let reader = PageReader::new(Cursor::new(bytes.into()), leaf, Vec::new(), usize::MAX);
            pages.push(BasicDecompressor::new(reader, Vec::new()));
            types.push(&leaf.descriptor().descriptor.primitive_type);
        }
        if pages.is_empty() {
            return Err(Error::invalid("is missing in a row group"));
        }
        let (arrays, _) = column_iter_to_arrays(pages, types, field.clone(), None)?;
        let array = match arrays.as_slice() {
            [one] => one.clone(),
            many => concatenate(&many.iter().map(|array| &**array).collect::<Vec<_>>())?,
        };
        if array.len() != group.num_rows() {
            let told = format!("has {} values for {} rows", array.len(), group.num_rows());
            return Err(Error::invalid(told));
        }
        Ok(array)
    }

    fn bytes(&self, leaf: &ColumnChunkMetadata) -> Result<Vec<u8>> {
        let range = leaf.byte_range();
        if range.end > self.length {
            return Err(Error::invalid("lies beyond the end of the file: was it cut off?"));
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The smallest and the largest number of a column in a row group, where the file
    /// says so; `path` leads to a member of a struct.
    pub(super) fn bounds(&self, group: usize, path: &[&str]) -> Option<(f64, f64)> {
        let mut leaves = self.groups()[group].columns_under_root_iter(path.first()?)?;
        let leaf = leaves.find(|leaf| leaf.descriptor().path_in_schema.iter().eq(path))?;
        Some(match leaf.statistics(&self.metadata.footer_buf)?.ok()? {
            Statistics::Int32(found) => (found.min_value?.into(), found.max_value?.into()),
            Statistics::Int64(found) => (found.min_value? as f64, found.max_value? as f64),
            Statistics::Float(found) => (found.min_value?.into(), found.max_value?.into()),
            Statistics::Double(found) => (found.min_value?, found.max_value?),
            _ => return None,
        })
    }
}

/// Instants of Parquet are UTC; a frame's are too, and say nothing of it.
fn without_zone(dtype: &ArrowDataType) -> ArrowDataType {
    match dtype {
        ArrowDataType::Timestamp(unit, _) => ArrowDataType::Timestamp(*unit, None),
        ArrowDataType::Date64 => ArrowDataType::Timestamp(TimeUnit::Millisecond, None),
        other => other.clone(),
    }
}
