use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use polars_arrow::array::Array;
use polars_arrow::compute::concatenate::concatenate;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, TimeUnit};
use polars_parquet::parquet::schema::types::{
    ParquetType, PhysicalType, PrimitiveConvertedType, PrimitiveLogicalType,
};
use polars_parquet::parquet::statistics::Statistics;
use polars_parquet::read::schema::parquet_to_arrow_schema;
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, PageReader, RowGroupMetadata, column_iter_to_arrays,
};
use serde_json::Value;

use super::footer::{catch_panic, read_metadata};
use super::{deltas, pages};
use crate::error::{Error, Result};
use crate::limits::ReadBudget;

/// Parquet file, read column by column.
#[derive(Debug)]
pub struct ParquetFile {
    file: File,
    length: u64,
    metadata: FileMetadata,
    /// Columns by Parquet's own schema. The Arrow schema that some writers add is ignored, since it
    /// differs between them.
    pub fields: ArrowSchema,
}

impl ParquetFile {
    /// Opens a file and reads its metadata.
    pub fn open(path: &Path, budget: &ReadBudget) -> Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let metadata = read_metadata(&mut file, budget)?;
        let mut fields = catch_panic(|| Ok(parquet_to_arrow_schema(metadata.schema().fields())))?;
        fields.iter_values_mut().for_each(|field| field.dtype = without_zone(&field.dtype));
        Ok(Self { file, length, metadata, fields })
    }

    /// Returns the metadata of the row groups.
    pub fn groups(&self) -> &[RowGroupMetadata] {
        &self.metadata.row_groups
    }

    /// Returns a text of the file's key-value metadata.
    pub fn text(&self, key: &str) -> Option<&str> {
        let pairs = self.metadata.key_value_metadata.as_deref()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// Returns a JSON value of the file's key-value metadata.
    pub fn note(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.text(key)?).ok()
    }

    /// Returns the columns whose logical type is JSON, as DuckDB writes it.
    pub fn json_columns(&self) -> impl Iterator<Item = &str> {
        let types = self.metadata.schema().fields().iter();
        types
            .filter(|one| {
                let ParquetType::PrimitiveType(one) = one else { return false };
                one.logical_type == Some(PrimitiveLogicalType::Json)
                    || one.converted_type == Some(PrimitiveConvertedType::Json)
            })
            .map(ParquetType::name)
    }

    /// Returns the number of rows of all groups, by the file's metadata.
    pub fn rows(&self) -> usize {
        self.groups().iter().fold(0, |rows, group| rows.saturating_add(group.num_rows()))
    }

    /// Reads a whole column of a row group.
    pub fn column(&self, group: usize, field: &Field, budget: &ReadBudget) -> Result<Box<dyn Array>> {
        let context = || format!("column `{}`", field.name);
        catch_panic(|| self.decode(&self.groups()[group], field, budget))
            .map_err(|error| error.context(context()))
    }

    fn decode(&self, group: &RowGroupMetadata, field: &Field, budget: &ReadBudget) -> Result<Box<dyn Array>> {
        budget.check_time()?;
        let leaves = group.columns_under_root_iter(&field.name);
        let (mut pages, mut types) = (Vec::new(), Vec::new());
        for leaf in leaves.into_iter().flatten() {
            let bytes = self.bytes(leaf, budget)?;
            // Limits the page size that a header may state.
            let largest = bytes.len();
            let read = |bytes| PageReader::new(bytes, leaf, Vec::new(), largest);
            let bytes = Cursor::new(bytes.into());
            deltas::check(read(Cursor::clone(&bytes)))?;
            pages.push(BasicDecompressor::new(read(bytes), Vec::new()));
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
            let message = format!("has {} values for {} rows", array.len(), group.num_rows());
            return Err(Error::invalid(message));
        }
        Ok(array)
    }

    /// Reads the bytes of a column chunk, and takes the memory of the decoded chunk from the
    /// budget.
    fn bytes(&self, leaf: &ColumnChunkMetadata, budget: &ReadBudget) -> Result<Vec<u8>> {
        let range = leaf.byte_range();
        if range.end > self.length {
            return Err(Error::invalid("lies beyond the end of the file: was it cut off?"));
        }
        let length = range.end.saturating_sub(range.start);
        if length > budget.bytes_left() {
            return Err(budget.too_large());
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes)?;
        let width = match leaf.physical_type() {
            PhysicalType::FixedLenByteArray(width) => width as u64,
            _ => 0,
        };
        let values = u64::try_from(leaf.num_values())
            .map_err(|_| Error::invalid("has a negative number of values"))?;
        let size = pages::size(&bytes, values, width);
        budget.take_bytes(size.ok_or_else(|| Error::invalid("has a page that cannot be read"))?)?;
        Ok(bytes)
    }

    /// Returns the smallest and the largest number of a column in a row group, if the file has
    /// statistics of it; `path` leads to a member of a struct.
    pub fn bounds(&self, group: usize, path: &[&str]) -> Option<(f64, f64)> {
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

/// Returns the type of a frame's column: Parquet's timestamps are UTC, and those of frames are UTC
/// without a time zone.
fn without_zone(dtype: &ArrowDataType) -> ArrowDataType {
    match dtype {
        ArrowDataType::Timestamp(unit, _) => ArrowDataType::Timestamp(*unit, None),
        ArrowDataType::Date64 => ArrowDataType::Timestamp(TimeUnit::Millisecond, None),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::thrift::tests::{bytes, list, number, structure};
    use super::*;

    /// Returns a file with one column `a` of numbers, whose only page has these bytes and this
    /// encoding, and a header that states one value.
    fn file(kind: i64, encoding: i64, page: &[u8]) -> Vec<u8> {
        let counts = structure(&[(1, number(1)), (2, number(encoding)), (3, number(3)), (4, number(3))]);
        let length = number(page.len() as i64);
        let header = structure(&[(1, number(0)), (2, length.clone()), (3, length), (5, counts)]).1;
        let chunk = [&header[..], page].concat();
        let length = number(chunk.len() as i64);
        let column = structure(&[
            (1, number(kind)),
            (2, list(&[number(encoding)])),
            (3, list(&[bytes(b"a")])),
            (4, number(0)),
            (5, number(1)),
            (6, length.clone()),
            (7, length.clone()),
            (9, number(4)),
        ]);
        let columns = list(&[structure(&[(2, number(4)), (3, column)])]);
        let group = structure(&[(1, columns), (2, length), (3, number(1))]);
        let root = structure(&[(4, bytes(b"root")), (5, number(1))]);
        let leaf = structure(&[(1, number(kind)), (3, number(0)), (4, bytes(b"a"))]);
        let footer = [(1, number(2)), (2, list(&[root, leaf])), (3, number(1)), (4, list(&[group]))];
        let footer = structure(&footer).1;
        [b"PAR1", &chunk[..], &footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    fn read(kind: i64, encoding: i64, page: &[u8]) -> Result<Box<dyn Array>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, file(kind, encoding, page)).unwrap();
        let budget = ReadBudget::default();
        let file = ParquetFile::open(&path, &budget).unwrap();
        file.column(0, file.fields.get("a").unwrap(), &budget)
    }

    const NUMBERS: i64 = 2;
    const BYTES: i64 = 6;

    #[test]
    fn a_delta_page_with_more_values_than_declared_is_refused() {
        use polars_arrow::array::{BinaryViewArray, PrimitiveArray};
        // A block of 128 values in 4 miniblocks, then the count and the first value.
        let one = [128, 1, 4, 1, 14];
        let array = read(NUMBERS, 5, &one).unwrap();
        assert_eq!(array.as_any().downcast_ref::<PrimitiveArray<i64>>().unwrap().value(0), 7);
        let array = read(BYTES, 6, &[&[128, 1, 4, 1, 2][..], b"x"].concat()).unwrap();
        assert_eq!(array.as_any().downcast_ref::<BinaryViewArray>().unwrap().value(0), b"x");
        let texts = |own: u8| [&[128, 1, 4, 1, 0, 128, 1, 4, 1, own << 1][..], b"xy"].concat();
        let array = read(BYTES, 7, &texts(2)).unwrap();
        assert_eq!(array.as_any().downcast_ref::<BinaryViewArray>().unwrap().value(0), b"xy");
        // 2^33 values in one block of a few bytes: all differences are 0.
        let huge = [&[128, 128, 128, 128, 32, 1, 128, 128, 128, 128, 32, 0][..], &[0, 0]].concat();
        let expected = "column `a`: has a page with other values than it says";
        for (kind, encoding, page) in [(NUMBERS, 5, &huge), (BYTES, 6, &huge), (BYTES, 7, &texts(3))] {
            assert_eq!(read(kind, encoding, page).unwrap_err().to_string(), expected, "{encoding}");
        }
    }
}
