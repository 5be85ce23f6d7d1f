//! Memory that goes round.

use super::*;

const LEN: usize = 100_000;

fn body(pool: &BodyPool, len: usize) -> Buffer {
    let mut body = Body::allocate(pool, len);
    body.extend(&vec![7; len]);
    body.freeze()
}

#[test]
fn memory_is_used_again_when_the_last_slice_is_gone() {
    let pool = BodyPool::default();
    let first = body(&pool, LEN);
    let address = first.as_ptr();
    assert!(address.addr().is_multiple_of(BODY_ALIGNMENT));
    let slice = first.slice_with_length(10, 20);
    drop(first);
    let second = body(&pool, LEN);
    assert_ne!(second.as_ptr(), address, "still in use by a slice");
    assert_eq!(slice.as_slice(), [7; 20]);
    drop(slice);
    let third = body(&pool, LEN - 1000);
    assert_eq!((third.as_ptr(), third.len()), (address, LEN - 1000));
    assert_eq!((pool.statistics().allocated, pool.statistics().reused), (2, 1));
}

#[test]
fn statistics_say_where_the_memory_is() {
    let pool = BodyPool::default();
    let bodies = [body(&pool, LEN), body(&pool.clone(), 2 * LEN)];
    let pinned = pool.statistics().pinned_bytes;
    assert!((3 * LEN..3 * LEN + 256).contains(&pinned), "{pinned}");
    assert_eq!(pool.statistics().pooled_bytes, 0);
    drop(bodies);
    let BodyPoolStatistics { pooled_bytes, pinned_bytes, .. } = pool.statistics();
    assert_eq!((pooled_bytes, pinned_bytes), (pinned, 0));
}

#[test]
fn short_bodies_are_copied_to_where_any_type_may_lie() {
    let bytes: Vec<u8> = (0..100).collect();
    for len in 0..bytes.len() {
        let body = BodyPool::default().copy(&bytes[..len]);
        assert_eq!(body.as_slice(), &bytes[..len]);
        assert!(body.as_ptr().addr().is_multiple_of(SHARED_ALIGNMENT));
    }
}

#[test]
fn adopted_memory_is_counted_while_it_is_used() {
    let pool = BodyPool::default();
    let bytes = Bytes::from(vec![7; LEN]);
    let body = pool.adopt(bytes.clone());
    assert_eq!((body.as_ptr(), body.len()), (bytes.as_ptr(), LEN));
    let slice = body.slice_with_length(5, 1);
    drop(body);
    assert_eq!((pool.statistics().pinned_bytes, pool.statistics().adopted), (LEN, 1));
    drop(slice);
    assert_eq!((pool.statistics().pinned_bytes, pool.statistics().pooled_bytes), (0, 0));
}

#[test]
fn only_so_much_is_kept() {
    let pool = BodyPool::new(3 * LEN);
    let bodies: Vec<_> = (0..4).map(|_| body(&pool, LEN)).collect();
    let newest = bodies[3].as_ptr();
    bodies.into_iter().for_each(drop);
    assert!(pool.statistics().pooled_bytes <= 3 * LEN);
    assert_eq!(body(&pool, LEN).as_ptr(), newest, "the oldest made room");
    drop(body(&pool, 3 * LEN + 64));
    assert!(pool.statistics().pooled_bytes <= 3 * LEN, "larger than all that is kept");
    drop((0..=IDLE_COUNT_MAX).map(|_| body(&pool, POOLED_LEN_MIN)).collect::<Vec<_>>());
    assert!(pool.shared.idle().buffers.len() <= IDLE_COUNT_MAX);
}

#[test]
fn a_small_body_does_not_get_a_large_buffer() {
    let pool = BodyPool::default();
    drop(body(&pool, 10 * LEN));
    drop(body(&pool, LEN));
    assert_eq!(pool.statistics().reused, 0);
    drop(body(&pool, 10));
    let idle = pool.statistics().pooled_bytes;
    assert!((11 * LEN..11 * LEN + 256).contains(&idle), "short bodies are not kept: {idle}");
}

#[test]
fn an_empty_body() {
    let empty = body(&BodyPool::default(), 0);
    assert!(empty.is_empty() && empty.as_ptr().addr().is_multiple_of(BODY_ALIGNMENT));
}

#[test]
fn a_body_may_outlive_its_pool() {
    let body = body(&BodyPool::default(), LEN);
    assert_eq!(body.as_slice(), vec![7; LEN]);
}
