//! Compressed buffers: every form that is valid, and those that lie about themselves.

use arrow_array::Int32Array;
use arrow_ipc::CompressionType;
use arrow_schema::DataType;
use wingbeat_wire::ipc::DecodedMessage;

use crate::forge::{Batch, le, says};

#[test]
fn compressed_buffers_that_lie() {
    let lz4 = CompressionType::LZ4_FRAME.0;
    let zstd = CompressionType::ZSTD.0;
    let push = |codec: i8, claim: i64, data: &[u8]| {
        let mut body = claim.to_le_bytes().to_vec();
        body.extend(data);
        let len = body.len() as i64;
        let batch = Batch {
            rows: 1,
            nodes: &[(1, 0)],
            places: &[(0, 0), (0, len)],
            codec: Some(codec),
            ..Default::default()
        };
        batch.push(DataType::Int32, &body)
    };
    assert!(push(lz4, -1, &[1, 0, 0, 0]).is_ok());
    says(push(9, -1, &[1, 0, 0, 0]).unwrap_err(), "BodyCompression.codec: codec number 9");
    for codec in [lz4, zstd] {
        let terabyte = push(codec, 1 << 40, &[0; 100]).unwrap_err();
        assert!(terabyte.is_limit());
        says(terabyte, "decompressed body (bytes) is 1099511627776, above the limit of 1073741824");
        says(push(codec, -2, &[0; 4]).unwrap_err(), "-2 is no uncompressed size");
        says(
            push(codec, 1 << 30, &[0; 100]).unwrap_err(),
            "claims 1073741824 bytes, which 100 compressed bytes never hold",
        );
        says(push(codec, 0, &[]).unwrap_err(), "RecordBatch.buffers is cut short: needs 4 bytes");
    }
    says(push(lz4, 4, &[7; 20]).unwrap_err(), "found 0x07070707, expected an LZ4 frame");
    says(push(zstd, 4, &[7; 20]).unwrap_err(), "not valid zstd data");

    let packed = zstd::encode_all(&[1_u8, 0, 0, 0, 9, 9][..], 3).unwrap();
    says(push(zstd, 7, &packed).unwrap_err(), "claims 7 bytes, holds 6");
    says(push(zstd, 4, &packed).unwrap_err(), "not valid zstd data");
    assert!(push(zstd, 6, &packed).is_ok());
    // Above the size that is believed at once, the data is read piece by piece.
    let large = zstd::encode_all(&vec![0_u8; 20 << 20][..], 3).unwrap();
    assert!(push(zstd, 20 << 20, &large).is_ok());
    says(push(zstd, (20 << 20) + 1, &large).unwrap_err(), "claims 20971521 bytes, holds 20971520");
    says(push(zstd, (20 << 20) - 1, &large).unwrap_err(), "claims 20971519 bytes, holds 20971520");

    let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
    std::io::Write::write_all(&mut writer, &[1, 0, 0, 0, 9, 9]).unwrap();
    let packed = writer.finish().unwrap();
    assert!(push(lz4, 6, &packed).is_ok());
    says(push(lz4, 7, &packed).unwrap_err(), "claims 7 bytes, holds 6");
    assert!(push(lz4, 5, &packed).is_err());
    says(push(lz4, 6, &packed[..packed.len() - 4]).unwrap_err(), "compressed buffer is cut short");
}

#[test]
fn every_form_of_an_lz4_frame() {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    let numbers: Vec<i32> = (0..1_000_000).map(|i| (i % 991) * (i % 13) + i / 1000).collect();
    let raw = le(&numbers);
    for mode in [BlockMode::Independent, BlockMode::Linked] {
        for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB]
        {
            for checked in [false, true] {
                let info = FrameInfo::new()
                    .block_mode(mode)
                    .block_size(size)
                    .block_checksums(checked)
                    .content_checksum(checked)
                    .content_size(checked.then_some(raw.len() as u64));
                let mut writer = FrameEncoder::with_frame_info(info, Vec::new());
                std::io::Write::write_all(&mut writer, &raw).unwrap();
                let mut body = (raw.len() as i64).to_le_bytes().to_vec();
                body.extend(writer.finish().unwrap());
                let rows = numbers.len() as i64;
                let batch = Batch {
                    rows,
                    nodes: &[(rows, 0)],
                    places: &[(0, 0), (0, body.len() as i64)],
                    codec: Some(0),
                    ..Default::default()
                };
                let DecodedMessage::Batch(found) = batch.push(DataType::Int32, &body).unwrap()
                else {
                    panic!("not a batch");
                };
                assert_eq!(found.column(0).as_ref(), &Int32Array::from(numbers.clone()));
            }
        }
    }
}
