//! Flatbuffers read by hand: a table's fields by their place, nothing outside of the bytes.
//!
//! For the messages that every batch has. The verifier of the flatbuffers crate walks a whole
//! message before its first field may be read; here each access is checked as it is made, which is
//! a fraction of the work. Schemas, which come once, are left to the verifier.
//!
//! Format: <https://flatbuffers.dev/internals/>.

/// A table by its position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The vtable behind its two lengths: an offset of two bytes for each field.
    slots: &'a [u8],
}

/// An offset leads outside of the bytes, or a table is no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

type Result<T> = std::result::Result<T, Damaged>;

impl<'a> Table<'a> {
    /// The table that the bytes are about.
    pub(crate) fn root(bytes: &'a [u8]) -> Result<Self> {
        Self::at(bytes, offset(bytes, 0)?)
    }

    fn at(bytes: &'a [u8], at: usize) -> Result<Self> {
        let back = i64::from(i32::from_le_bytes(array(bytes, at)?));
        let vtable = i64::try_from(at).ok().and_then(|at| at.checked_sub(back));
        let vtable = vtable.and_then(|vtable| usize::try_from(vtable).ok()).ok_or(Damaged)?;
        let len = usize::from(u16::from_le_bytes(array(bytes, vtable)?));
        let end = vtable.checked_add(len).ok_or(Damaged)?;
        let slots = bytes.get(vtable..end).and_then(|vtable| vtable.get(4..)).ok_or(Damaged)?;
        Ok(Self { bytes, at, slots })
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, place: usize) -> bool {
        self.field(place).is_some()
    }

    /// Where the value of a field lies; `None` when it is absent.
    fn field(&self, place: usize) -> Option<usize> {
        let slot = self.slots.get(2 * place..2 * place + 2)?;
        match u16::from_le_bytes(slot.try_into().ok()?) {
            0 => None,
            // No overflow: the position lies within bytes that exist.
            offset => Some(self.at + usize::from(offset)),
        }
    }

    /// A scalar of `N` bytes, little endian; `None` when it is absent.
    pub(crate) fn scalar<const N: usize>(&self, place: usize) -> Result<Option<[u8; N]>> {
        self.field(place).map(|at| array(self.bytes, at)).transpose()
    }

    /// A 64-bit number; 0 when it is absent.
    pub(crate) fn i64(&self, place: usize) -> Result<i64> {
        Ok(self.scalar(place)?.map_or(0, i64::from_le_bytes))
    }

    /// A byte; 0 when it is absent.
    pub(crate) fn u8(&self, place: usize) -> Result<u8> {
        Ok(self.scalar(place)?.map_or(0, u8::from_le_bytes))
    }

    /// Another table; `None` when it is absent.
    pub(crate) fn table(&self, place: usize) -> Result<Option<Self>> {
        let Some(at) = self.field(place) else { return Ok(None) };
        let to = at.checked_add(offset(self.bytes, at)?).ok_or(Damaged)?;
        Self::at(self.bytes, to).map(Some)
    }

    /// The elements of a vector, `N` bytes each; none when it is absent.
    pub(crate) fn vector<const N: usize>(&self, place: usize) -> Result<&'a [[u8; N]]> {
        let Some(at) = self.field(place) else { return Ok(&[]) };
        let at = at.checked_add(offset(self.bytes, at)?).ok_or(Damaged)?;
        let count = offset(self.bytes, at)?;
        let elements = self.bytes.get(at + 4..).unwrap_or_default();
        let (elements, _) = elements.as_chunks();
        elements.get(..count).ok_or(Damaged)
    }
}

/// An unsigned number of 32 bits at `at`.
fn offset(bytes: &[u8], at: usize) -> Result<usize> {
    usize::try_from(u32::from_le_bytes(array(bytes, at)?)).map_err(|_| Damaged)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or(Damaged)
}
