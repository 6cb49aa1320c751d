//! The common interface of the library's list types.

/// Implements the common interface of a list for a type that holds a `Vec`: length,
/// iteration by reference and by value, and access by index.
#[macro_export]
macro_rules! impl_list {
    ($list:ident($field:ident: $item:ty), $each:literal) => {
        impl $list {
            #[doc = $each]
            pub fn iter(&self) -> std::slice::Iter<'_, $item> {
                self.$field.iter()
            }

            /// Returns the number of elements.
            pub fn len(&self) -> usize {
                self.$field.len()
            }

            /// Returns whether there are no elements.
            pub fn is_empty(&self) -> bool {
                self.$field.is_empty()
            }

            /// Returns the first element, or `None` if there are none.
            pub fn first(&self) -> Option<&$item> {
                self.$field.first()
            }

            /// Returns the last element, or `None` if there are none.
            pub fn last(&self) -> Option<&$item> {
                self.$field.last()
            }

            /// Returns all elements as a slice.
            pub fn as_slice(&self) -> &[$item] {
                &self.$field
            }
        }

        impl std::ops::Index<usize> for $list {
            type Output = $item;

            /// Returns the element at an index counted from 0.
            ///
            /// # Panics
            ///
            /// If the index is not less than [`len`](Self::len).
            fn index(&self, index: usize) -> &$item {
                &self.$field[index]
            }
        }

        impl<'a> IntoIterator for &'a $list {
            type Item = &'a $item;
            type IntoIter = std::slice::Iter<'a, $item>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }

        impl IntoIterator for $list {
            type Item = $item;
            type IntoIter = std::vec::IntoIter<$item>;

            fn into_iter(self) -> Self::IntoIter {
                self.$field.into_iter()
            }
        }
    };
}
