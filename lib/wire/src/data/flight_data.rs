//! `FlightData` as received: the message that carries data.

use arrow_buffer::Buffer;
use bytes::Bytes;

use crate::flat::{Damaged, Table};
use crate::message::FlightDescriptor;

/// One message of DoGet, DoPut or DoExchange. To send one, see
/// [`FlightDataHead`](super::FlightDataHead).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FlightData {
    /// What the stream is about; on the first message of DoPut and DoExchange.
    pub flight_descriptor: Option<FlightDescriptor>,
    /// An IPC `Message` flatbuffer without its length before it; empty when the message has only
    /// metadata or only a descriptor. It may share the memory that the message arrived in.
    pub data_header: Bytes,
    /// For the application. Absent is not the same as empty.
    pub app_metadata: Option<Bytes>,
    /// The buffers that the header describes, as one block that starts at a multiple of 16 bytes,
    /// which is enough for any type; of 64 where it was copied and is not short.
    pub data_body: Option<Buffer>,
}

impl FlightData {
    /// Whether the header says that the buffers are compressed, so that decoding takes time.
    /// Believes the header as it stands; a damaged one is `false`.
    pub fn is_compressed(&self) -> bool {
        peek_compressed(&self.data_header).unwrap_or(false)
    }
}

/// `MessageHeader` of `Message.fbs`.
const DICTIONARY_BATCH: u8 = 2;
/// As above.
const RECORD_BATCH: u8 = 3;

/// Follows `Message.header` to `RecordBatch.compression`, through `DictionaryBatch.data` where it
/// is one. The numbers are the fields' places in `Message.fbs`.
fn peek_compressed(header: &[u8]) -> Result<bool, Damaged> {
    let message = Table::root(header)?;
    let batch = match message.u8(1)? {
        RECORD_BATCH => message.table(2)?,
        DICTIONARY_BATCH => match message.table(2)? {
            Some(dictionary) => dictionary.table(1)?,
            None => None,
        },
        _ => None,
    };
    Ok(match batch {
        Some(batch) => batch.has(3),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{mutated, mutations, truncations};

    /// A `Message` flatbuffer, written back to front by hand: the tables lie before their vtables.
    fn header(header_type: u8, compressed: bool) -> Bytes {
        let batch_vtable: [u16; 6] = [12, 8, 0, 0, 0, if compressed { 4 } else { 0 }];
        let mut bytes = Vec::new();
        // 0: the root is at 4. 4: Message; its vtable is at 40; type at 8, header at 12.
        bytes.extend(4u32.to_le_bytes());
        bytes.extend((-36i32).to_le_bytes());
        bytes.extend([header_type, 0, 0, 0]);
        bytes.extend(8u32.to_le_bytes());
        bytes.extend([0; 4]);
        // 20: a DictionaryBatch or a RecordBatch; the vtable of the first is at 52, `data` at 24.
        bytes.extend((if header_type == DICTIONARY_BATCH { -32i32 } else { -44 }).to_le_bytes());
        bytes.extend(8u32.to_le_bytes());
        bytes.extend([0; 4]);
        // 32: the RecordBatch of a DictionaryBatch; its vtable is at 64.
        bytes.extend((-32i32).to_le_bytes());
        bytes.extend([0; 4]);
        let message_vtable: [u16; 6] = [10, 12, 0, 4, 8, 0];
        let dictionary_vtable: [u16; 6] = [8, 8, 0, 4, 0, 0];
        for vtable in [message_vtable, dictionary_vtable, batch_vtable] {
            vtable.iter().for_each(|slot| bytes.extend(slot.to_le_bytes()));
        }
        bytes.into()
    }

    fn is_compressed(data_header: Bytes) -> bool {
        FlightData { data_header, ..FlightData::default() }.is_compressed()
    }

    #[test]
    fn compression_of_batches_and_dictionaries() {
        for compressed in [false, true] {
            assert_eq!(is_compressed(header(RECORD_BATCH, compressed)), compressed);
            assert_eq!(is_compressed(header(DICTIONARY_BATCH, compressed)), compressed);
        }
        assert!(!is_compressed(header(1, true)), "a schema never is");
        assert!(!is_compressed(Bytes::new()));
    }

    #[test]
    fn a_damaged_header_is_read_to_some_answer() {
        for header in [header(RECORD_BATCH, true), header(DICTIONARY_BATCH, true)] {
            let cut = truncations(&header).filter(|part| is_compressed(part.clone())).count();
            assert!(cut <= 2, "only what lies behind the last slot may be missing");
            for seed in 0..mutations() {
                is_compressed(mutated(&header, seed));
            }
            let far = [&[0xff; 4], &header[4..]].concat();
            assert!(!is_compressed(far.into()));
        }
    }
}
