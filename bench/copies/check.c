// Copies in every way that count.c stands before; the test of xtask runs it under the counter.
// Exits with 1 when a copy went wrong; 2000 bytes are copied by each of its four long calls.

#include <stddef.h>

// Declared here, so that no header puts something else in their place.
void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *__memcpy_chk(void *to, const void *from, size_t len, size_t room);
void *__memmove_chk(void *to, const void *from, size_t len, size_t room);

static unsigned char bytes[6000];

static void fill(void) {
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 31 + i / 256);
    }
}

// Whether `len` bytes at `to` are those that `fill` put at `from`.
static int is_copy(size_t to, size_t from, size_t len) {
    for (size_t i = 0; i < len; i++) {
        size_t at = from + i;
        if (bytes[to + i] != (unsigned char)(at * 31 + at / 256)) {
            return 0;
        }
    }
    return 1;
}

int main(void) {
    int is_right = 1;
    fill();
    is_right &= memcpy(bytes + 3000, bytes + 1, 2000) == bytes + 3000;
    is_right &= is_copy(3000, 1, 2000) && is_copy(5000, 5000, 1000);
    fill();
    memmove(bytes + 7, bytes, 2000);
    is_right &= is_copy(7, 0, 2000) && is_copy(2007, 2007, 1000);
    fill();
    __memmove_chk(bytes, bytes + 7, 2000, sizeof bytes);
    is_right &= is_copy(0, 7, 2000) && is_copy(2000, 2000, 1000);
    fill();
    __memcpy_chk(bytes + 4000, bytes, 2000, 2000);
    is_right &= is_copy(4000, 0, 2000);
    fill();
    // Too short to count.
    memcpy(bytes + 3000, bytes, 255);
    is_right &= is_copy(3000, 0, 255) && is_copy(3255, 3255, 1000);
    return is_right ? 0 : 1;
}
