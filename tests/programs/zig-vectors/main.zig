//! What the language adds: vectors, wide and odd integers, checked and wrapping arithmetic, packed and tagged types, slices,
//! errors, and work done while compiling. A wrong argument ends in a safety check, which is a trap.

const std = @import("std");

const Shape = union(enum) {
    circle: f32,
    rectangle: struct { width: f32, height: f32 },
    polygon: []const @Vector(2, f32),

    fn area(shape: Shape) f32 {
        return switch (shape) {
            .circle => |radius| std.math.pi * radius * radius,
            .rectangle => |r| r.width * r.height,
            .polygon => |points| blk: {
                var twice: f32 = 0;
                for (points, 0..) |a, i| {
                    const b = points[(i + 1) % points.len];
                    twice += a[0] * b[1] - a[1] * b[0];
                }
                break :blk @abs(twice) / 2;
            },
        };
    }
};

const Flags = packed struct(u16) { kind: u3, level: i5, ready: bool, rest: u7 };

const primes = blk: {
    @setEvalBranchQuota(20000);
    var list: [50]u16 = undefined;
    var count: usize = 0;
    var candidate: u16 = 2;
    next: while (count < list.len) : (candidate += 1) {
        for (list[0..count]) |prime| if (candidate % prime == 0) continue :next;
        list[count] = candidate;
        count += 1;
    }
    break :blk list;
};

fn dot(a: []const f32, b: []const f32) f32 {
    const Lanes = @Vector(8, f32);
    var sums: Lanes = @splat(0);
    var i: usize = 0;
    while (i + 8 <= a.len) : (i += 8) {
        const x: Lanes = a[i..][0..8].*;
        const y: Lanes = b[i..][0..8].*;
        sums += x * y;
    }
    var sum = @reduce(.Add, sums);
    while (i < a.len) : (i += 1) sum += a[i] * b[i];
    return sum;
}

fn collatz(start: u64) error{Overflow}!u32 {
    var n = start;
    var steps: u32 = 0;
    while (n != 1) : (steps += 1) n = if (n % 2 == 0) n / 2 else try std.math.add(u64, try std.math.mul(u64, n, 3), 1);
    return steps;
}

fn factorial(n: u256) u256 {
    return if (n == 0) 1 else n * factorial(n - 1);
}

pub fn main(init: std.process.Init) !void {
    var buffer: [1024]u8 = undefined;
    var writer: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    const out = &writer.interface;
    const arguments = try init.minimal.args.toSlice(init.arena.allocator());

    const triangle = [_]@Vector(2, f32){ .{ 0, 0 }, .{ 4, 0 }, .{ 0, 3 } };
    for ([_]Shape{ .{ .circle = 1.5 }, .{ .rectangle = .{ .width = 2, .height = 2.5 } }, .{ .polygon = &triangle } }) |shape|
        try out.print("{s} {d:.3}\n", .{ @tagName(shape), shape.area() });

    var flags: Flags = @bitCast(@as(u16, 0xabcd));
    flags.level -= 3;
    try out.print("flags {d} {d} {} {x}\n", .{ flags.kind, flags.level, flags.ready, @as(u16, @bitCast(flags)) });
    try out.print("primes {d} {d}, sum {d}\n", .{ primes[0], primes[49], comptime blk: {
        var sum: u32 = 0;
        for (primes) |prime| sum += prime;
        break :blk sum;
    } });

    var a: [1003]f32 = undefined;
    var b: [1003]f32 = undefined;
    for (&a, &b, 0..) |*x, *y, i| {
        x.* = @floatFromInt(i % 17);
        y.* = @floatFromInt(i % 5);
    }
    try out.print("dot {d}\n", .{dot(&a, &b)});
    const bytes: @Vector(16, u8) = "vectors of bytes".*;
    const upper = @select(u8, bytes >= @as(@Vector(16, u8), @splat('a')), bytes -% @as(@Vector(16, u8), @splat(32)), bytes);
    const reversed: [16]u8 = std.simd.reverseOrder(upper);
    try out.print("{s} {d}\n", .{ reversed, std.simd.countTrues(bytes == @as(@Vector(16, u8), @splat('e'))) });

    try out.print("50! {d}\n", .{factorial(50)});
    var odd: u37 = 1 << 36;
    odd +%= (1 << 36) + 5;
    try out.print("odd {d} saturated {d} {d}\n", .{ odd, @as(i8, 120) +| 20, @as(u7, 3) -| 9 });
    const product, const overflowed = @mulWithOverflow(@as(i64, std.math.maxInt(i64)), 3);
    try out.print("product {d} {d}, {d} {d} {d}\n", .{ product, overflowed, @clz(@as(u40, 77)), @popCount(@as(i12, -1)), @byteSwap(@as(u48, 0x010203040506)) });
    try out.print("collatz {d} {}\n", .{ try collatz(837799), collatz(std.math.maxInt(u64)) == error.Overflow });

    if (arguments.len > 1) {
        const index = try std.fmt.parseInt(usize, arguments[1], 10);
        try out.print("prime {d}\n", .{primes[index..][0]});
    }
    try out.flush();
}
