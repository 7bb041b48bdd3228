/* Decodes images in the "Quite OK" format, in a hurry: it believes what the header says of the size, and does not look
 * where the input ends. Nobody should run this outside of a sandbox.
 *
 *   zig cc --target=wasm32-freestanding -O2 -nostdlib -Wl,--no-entry -Wl,--strip-all -o qoi.wasm qoi.c
 *
 * made qoi.wasm, which is beside this file; clang does the same with --target=wasm32.
 */
typedef unsigned char byte;
typedef unsigned int word;

__attribute__((import_module("env"), import_name("progress"))) void progress(word row, word rows);

extern byte __heap_base;
static byte *next_free = &__heap_base;

static byte *allocate(word bytes)
{
    byte *block = next_free;
    word end, have = __builtin_wasm_memory_size(0) << 16;
    next_free += (bytes + 15) & ~15u;
    end = (word)next_free;
    if (end > have)
        __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16); /* And if it cannot grow? */
    return block;
}

/* Where the host puts so many bytes of input. */
__attribute__((export_name("input"))) byte *input(word bytes)
{
    next_free = &__heap_base;
    return allocate(bytes);
}

static word big_endian(const byte *at) { return (word)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

struct image {
    word width, height;
    byte *pixels; /* Red, green, blue and alpha of each. */
};

/* The image of the input, or null when it is none. */
__attribute__((export_name("decode"))) const struct image *decode(const byte *in)
{
    static struct image image;
    byte index[64][4] = {{0}}, pixel[4] = {0, 0, 0, 255};
    word run = 0;
    if (big_endian(in) != 0x716f6966)
        return 0;
    image.width = big_endian(in + 4);
    image.height = big_endian(in + 8);
    image.pixels = allocate(image.width * image.height * 4);
    in += 14;
    for (word row = 0; row < image.height; row++) {
        progress(row, image.height);
        for (word column = 0; column < image.width; column++) {
            byte *out = image.pixels + (row * image.width + column) * 4;
            if (run) {
                run--;
            } else {
                byte tag = *in++;
                if (tag == 0xfe || tag == 0xff) {
                    for (int channel = 0; channel < (tag == 0xff ? 4 : 3); channel++)
                        pixel[channel] = *in++;
                } else if (tag >> 6 == 0) {
                    for (int channel = 0; channel < 4; channel++)
                        pixel[channel] = index[tag][channel];
                } else if (tag >> 6 == 1) {
                    pixel[0] += (tag >> 4 & 3) - 2;
                    pixel[1] += (tag >> 2 & 3) - 2;
                    pixel[2] += (tag & 3) - 2;
                } else if (tag >> 6 == 2) {
                    int green = (tag & 63) - 32, rest = *in++;
                    pixel[0] += green - 8 + (rest >> 4);
                    pixel[1] += green;
                    pixel[2] += green - 8 + (rest & 15);
                } else {
                    run = tag & 63;
                }
                byte *seen = index[(pixel[0] * 3 + pixel[1] * 5 + pixel[2] * 7 + pixel[3] * 11) % 64];
                for (int channel = 0; channel < 4; channel++)
                    seen[channel] = pixel[channel];
            }
            for (int channel = 0; channel < 4; channel++)
                out[channel] = pixel[channel];
        }
    }
    return &image;
}
