//! What the lists of this crate have in common.

/// Gives a type with a `Vec` its length and its iteration by reference.
macro_rules! list {
    ($list:ident($field:ident: $item:ty), $each:literal) => {
        impl $list {
            #[doc = $each]
            pub fn iter(&self) -> std::slice::Iter<'_, $item> {
                self.$field.iter()
            }

            /// How many there are.
            pub fn len(&self) -> usize {
                self.$field.len()
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.$field.is_empty()
            }
        }

        impl<'a> IntoIterator for &'a $list {
            type Item = &'a $item;
            type IntoIter = std::slice::Iter<'a, $item>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }
    };
}

pub(crate) use list;
