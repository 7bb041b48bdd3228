//! Reads JSON from standard input into dynamic values and into a typed structure, changes it, and writes it back.

const std = @import("std");

const Item = struct {
    name: []const u8,
    price: f64 = 0,
    tags: []const []const u8 = &.{},
    stock: ?u32 = null,
};
const Order = struct { id: u64, items: []const Item, state: enum { new, paid, sent } };

const Totals = struct {
    count: std.StringArrayHashMapUnmanaged(usize) = .empty,
    depth: usize = 0,
    numbers: f64 = 0,

    fn visit(totals: *Totals, allocator: std.mem.Allocator, value: std.json.Value, depth: usize) !void {
        totals.depth = @max(totals.depth, depth);
        const entry = try totals.count.getOrPutValue(allocator, @tagName(value), 0);
        entry.value_ptr.* += 1;
        switch (value) {
            .integer => |number| totals.numbers += @floatFromInt(number),
            .float => |number| totals.numbers += number,
            .array => |array| for (array.items) |item| try totals.visit(allocator, item, depth + 1),
            .object => |object| for (object.values()) |item| try totals.visit(allocator, item, depth + 1),
            else => {},
        }
    }
};

fn orders(allocator: std.mem.Allocator, text: []const u8, out: *std.Io.Writer) !void {
    const parsed = try std.json.parseFromSlice([]Order, allocator, text, .{ .ignore_unknown_fields = true });
    defer parsed.deinit();
    std.mem.sort(Order, parsed.value, {}, struct {
        fn less(_: void, a: Order, b: Order) bool {
            return a.id < b.id;
        }
    }.less);
    for (parsed.value) |order| {
        var sum: f64 = 0;
        for (order.items) |item| sum += item.price * @as(f64, @floatFromInt(item.stock orelse 1));
        try out.print("order {d} {s}: {d:.2}", .{ order.id, @tagName(order.state), sum });
        for (order.items) |item| for (item.tags) |tag| try out.print(" #{s}", .{tag});
        try out.writeByte('\n');
    }
}

pub fn main(init: std.process.Init) !u8 {
    const allocator = init.arena.allocator();
    var buffer: [512]u8 = undefined;
    var writer: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    const out = &writer.interface;
    defer out.flush() catch {};

    var input_buffer: [64]u8 = undefined;
    var reader = std.Io.File.stdin().readerStreaming(init.io, &input_buffer);
    const text = try reader.interface.allocRemaining(allocator, .unlimited);
    const arguments = try init.minimal.args.toSlice(allocator);
    if (arguments.len > 1 and std.mem.eql(u8, arguments[1], "orders")) {
        orders(allocator, text, out) catch |failure| {
            try out.print("not orders: {s}\n", .{@errorName(failure)});
            return 2;
        };
        return 0;
    }

    const value = std.json.parseFromSliceLeaky(std.json.Value, allocator, text, .{}) catch |failure| {
        try out.print("not JSON: {s}\n", .{@errorName(failure)});
        return 1;
    };
    var totals: Totals = .{};
    try totals.visit(allocator, value, 0);
    for (totals.count.keys(), totals.count.values()) |kind, count| try out.print("{s} {d}, ", .{ kind, count });
    try out.print("depth {d}, sum {d}\n", .{ totals.depth, totals.numbers });
    try std.json.Stringify.value(value, .{}, out);
    try out.writeByte('\n');
    try std.json.Stringify.value(value, .{ .whitespace = .indent_2 }, out);
    try out.writeByte('\n');
    return 0;
}
