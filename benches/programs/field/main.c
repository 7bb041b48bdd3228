/* Arithmetic modulo 2^255 - 19 in five limbs of 51 bits, and a ladder on the curve of Montgomery's: products of 64 by 64
   bits that are 128 bits long. */
#include "../bench.h"

typedef unsigned __int128 wide;
typedef struct { uint64_t limb[5]; } element;
#define MASK ((1ull << 51) - 1)

static element add(element a, element b) {
    for (int i = 0; i < 5; i++) a.limb[i] += b.limb[i];
    return a;
}

/* Twice the modulus is added first, so that no limb gets negative. */
static element subtract(element a, element b) {
    a.limb[0] += 0xfffffffffffdaull - b.limb[0];
    for (int i = 1; i < 5; i++) a.limb[i] += 0xffffffffffffeull - b.limb[i];
    return a;
}

static element carry(wide r0, wide r1, wide r2, wide r3, wide r4) {
    element out;
    r1 += (uint64_t)(r0 >> 51);
    r2 += (uint64_t)(r1 >> 51);
    r3 += (uint64_t)(r2 >> 51);
    r4 += (uint64_t)(r3 >> 51);
    out.limb[0] = ((uint64_t)r0 & MASK) + (uint64_t)(r4 >> 51) * 19;
    out.limb[1] = ((uint64_t)r1 & MASK) + (out.limb[0] >> 51);
    out.limb[0] &= MASK;
    out.limb[2] = (uint64_t)r2 & MASK;
    out.limb[3] = (uint64_t)r3 & MASK;
    out.limb[4] = (uint64_t)r4 & MASK;
    return out;
}

static element multiply(element x, element y) {
    const uint64_t *a = x.limb, *b = y.limb;
    uint64_t b1 = b[1] * 19, b2 = b[2] * 19, b3 = b[3] * 19, b4 = b[4] * 19;
    wide r0 = (wide)a[0] * b[0] + (wide)a[1] * b4 + (wide)a[2] * b3 + (wide)a[3] * b2 + (wide)a[4] * b1;
    wide r1 = (wide)a[0] * b[1] + (wide)a[1] * b[0] + (wide)a[2] * b4 + (wide)a[3] * b3 + (wide)a[4] * b2;
    wide r2 = (wide)a[0] * b[2] + (wide)a[1] * b[1] + (wide)a[2] * b[0] + (wide)a[3] * b4 + (wide)a[4] * b3;
    wide r3 = (wide)a[0] * b[3] + (wide)a[1] * b[2] + (wide)a[2] * b[1] + (wide)a[3] * b[0] + (wide)a[4] * b4;
    wide r4 = (wide)a[0] * b[4] + (wide)a[1] * b[3] + (wide)a[2] * b[2] + (wide)a[3] * b[1] + (wide)a[4] * b[0];
    return carry(r0, r1, r2, r3, r4);
}

static element square(element x) {
    const uint64_t *a = x.limb;
    uint64_t d0 = a[0] * 2, d1 = a[1] * 2, d2 = a[2] * 2 * 19, d4 = a[4] * 19, d3 = a[3] * 19;
    wide r0 = (wide)a[0] * a[0] + (wide)d4 * (a[1] * 2) + (wide)d2 * a[3];
    wide r1 = (wide)d0 * a[1] + (wide)d4 * (a[2] * 2) + (wide)a[3] * d3;
    wide r2 = (wide)d0 * a[2] + (wide)a[1] * a[1] + (wide)d4 * (a[3] * 2);
    wide r3 = (wide)d0 * a[3] + (wide)d1 * a[2] + (wide)a[4] * d4;
    wide r4 = (wide)d0 * a[4] + (wide)d1 * a[3] + (wide)a[2] * a[2];
    return carry(r0, r1, r2, r3, r4);
}

static element scale(element x, uint64_t by) {
    const uint64_t *a = x.limb;
    return carry((wide)a[0] * by, (wide)a[1] * by, (wide)a[2] * by, (wide)a[3] * by, (wide)a[4] * by);
}

static element square_often(element x, int count) {
    while (count-- > 0) x = square(x);
    return x;
}

/* x to the power of the modulus less two. */
static element invert(element x) {
    element x2 = square(x);
    element x9 = multiply(square_often(x2, 2), x);
    element x11 = multiply(x9, x2);
    element x31 = multiply(square(x11), x9);
    element a = multiply(square_often(x31, 5), x31);
    element b = multiply(square_often(a, 10), a);
    element c = multiply(square_often(b, 20), b);
    element d = multiply(square_often(c, 10), a);
    element e = multiply(square_often(d, 50), d);
    element f = multiply(square_often(e, 100), e);
    element g = multiply(square_often(f, 50), d);
    return multiply(square_often(g, 5), x11);
}

static element from_bytes(const uint8_t *bytes) {
    uint64_t words[4];
    memcpy(words, bytes, 32);
    return (element){{words[0] & MASK, (words[0] >> 51 | words[1] << 13) & MASK, (words[1] >> 38 | words[2] << 26) & MASK,
                      (words[2] >> 25 | words[3] << 39) & MASK, words[3] >> 12 & MASK}};
}

static void to_bytes(uint8_t *bytes, element x) {
    x = scale(x, 1);
    uint64_t more = (x.limb[0] + 19) >> 51;
    for (int i = 1; i < 5; i++) more = (x.limb[i] + more) >> 51;
    x.limb[0] += 19 * more;
    for (int i = 0; i < 4; i++) {
        x.limb[i + 1] += x.limb[i] >> 51;
        x.limb[i] &= MASK;
    }
    x.limb[4] &= MASK;
    uint64_t words[4] = {x.limb[0] | x.limb[1] << 51, x.limb[1] >> 13 | x.limb[2] << 38, x.limb[2] >> 26 | x.limb[3] << 25,
                         x.limb[3] >> 39 | x.limb[4] << 12};
    memcpy(bytes, words, 32);
}

static void swap_if(uint64_t which, element *a, element *b) {
    uint64_t mask = 0 - which;
    for (int i = 0; i < 5; i++) {
        uint64_t different = (a->limb[i] ^ b->limb[i]) & mask;
        a->limb[i] ^= different;
        b->limb[i] ^= different;
    }
}

KERNEL static void ladder(uint8_t *out, const uint8_t *scalar, const uint8_t *point) {
    element x1 = from_bytes(point), x2 = {{1}}, z2 = {{0}}, x3 = x1, z3 = {{1}};
    uint64_t swapped = 0;
    for (int bit = 254; bit >= 0; bit--) {
        uint64_t now = scalar[bit >> 3] >> (bit & 7) & 1;
        swap_if(swapped ^ now, &x2, &x3);
        swap_if(swapped ^ now, &z2, &z3);
        swapped = now;
        element a = add(x2, z2), b = subtract(x2, z2), c = add(x3, z3), d = subtract(x3, z3);
        element aa = square(a), bb = square(b), e = subtract(aa, bb);
        element da = multiply(d, a), cb = multiply(c, b);
        x3 = square(add(da, cb));
        z3 = multiply(x1, square(subtract(da, cb)));
        x2 = multiply(aa, bb);
        z2 = multiply(e, add(aa, scale(e, 121665)));
    }
    swap_if(swapped, &x2, &x3);
    swap_if(swapped, &z2, &z3);
    to_bytes(out, multiply(x2, invert(z2)));
}

int main(int argc, char **argv) {
    uint8_t scalar[32] = {9}, point[32] = {9}, out[32];
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        scalar[0] &= 248;
        scalar[31] = (scalar[31] & 127) | 64;
        ladder(out, scalar, point);
        memcpy(point, scalar, 32);
        memcpy(scalar, out, 32);
    }
    return print_checksum(mix(MIX_START, out, sizeof out));
}
