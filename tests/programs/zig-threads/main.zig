//! Threads as wasi-threads starts them, by the standard library: work divided and joined, a lock, a channel between two
//! threads, storage of each thread's own. Memory is shared and imported, data segments are passive.

const std = @import("std");

/// The usual one needs an allocator that the library lacks for threads on this target.
pub const panic = std.debug.no_panic;

threadlocal var mine: u32 = 7;
var initialized: [4]u64 = .{ 3, 1, 4, 1 };

fn yield() void {
    _ = std.os.wasi.sched_yield();
}

/// One word: 0 free, 1 held.
const Lock = struct {
    word: std.atomic.Value(u32) = .init(0),

    fn acquire(lock: *Lock) void {
        while (lock.word.swap(1, .acquire) != 0) yield();
    }
    fn release(lock: *Lock) void {
        lock.word.store(0, .release);
    }
};

const Tally = struct {
    lock: Lock = .{},
    locked: u64 = 0,
    atomic: std.atomic.Value(u32) = .init(0),
    distinct: std.atomic.Value(u32) = .init(0),

    fn work(tally: *Tally, part: u32, rounds: u32) void {
        mine += part;
        for (0..rounds) |i| {
            tally.lock.acquire();
            tally.locked += i;
            tally.lock.release();
            _ = tally.atomic.fetchAdd(part, .monotonic);
        }
        if (mine == 7 + part) _ = tally.distinct.fetchAdd(1, .monotonic);
    }
};

/// A ring for one writer and one reader.
const Channel = struct {
    slots: [16]u64 = undefined,
    written: std.atomic.Value(u32) = .init(0),
    read: std.atomic.Value(u32) = .init(0),

    fn send(channel: *Channel, value: u64) void {
        const at = channel.written.load(.monotonic);
        while (at -% channel.read.load(.acquire) == channel.slots.len) yield();
        channel.slots[at % channel.slots.len] = value;
        channel.written.store(at +% 1, .release);
    }
    fn receive(channel: *Channel) u64 {
        const at = channel.read.load(.monotonic);
        while (channel.written.load(.acquire) == at) yield();
        const value = channel.slots[at % channel.slots.len];
        channel.read.store(at +% 1, .release);
        return value;
    }
    fn produce(channel: *Channel, count: usize) void {
        for (0..count) |i| channel.send(i * i);
        channel.send(std.math.maxInt(u64));
    }
};

/// Two halves at once; the second is then sorted into the first.
fn sort(items: []u32, depth: u32) void {
    if (depth > 0) {
        const middle = items.len / 2;
        const left = spawn(sort, .{ items[0..middle], depth - 1 });
        sort(items[middle..], depth - 1);
        left.join();
    }
    std.mem.sort(u32, items, {}, std.sort.asc(u32));
}

var heap: [4 << 20]u8 = undefined;
var fixed: std.heap.FixedBufferAllocator = .init(&heap);

fn print(comptime format: []const u8, arguments: anytype) void {
    var buffer: [200]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, format, arguments) catch unreachable;
    var written: usize = 0;
    _ = std.os.wasi.fd_write(1, &.{.{ .base = text.ptr, .len = text.len }}, 1, &written);
}

/// The library notes a thread's number after it started it, and joining waits for that number to go away: a thread that
/// ended before would be waited for forever. So each waits until it is known.
fn spawn(comptime function: anytype, arguments: anytype) std.Thread {
    const Gate = struct {
        open: std.atomic.Value(u32) = .init(0),

        fn run(gate: *@This(), inner: @TypeOf(arguments)) void {
            while (gate.open.load(.acquire) == 0) yield();
            @call(.auto, function, inner);
        }
    };
    const allocator = fixed.threadSafeAllocator();
    const gate = allocator.create(Gate) catch unreachable;
    gate.* = .{};
    const thread = std.Thread.spawn(.{ .allocator = allocator, .stack_size = 1 << 16 }, Gate.run, .{ gate, arguments }) catch
        @panic("no thread");
    gate.open.store(1, .release);
    return thread;
}

pub fn main() void {
    var tally: Tally = .{};
    var threads: [6]std.Thread = undefined;
    for (&threads, 1..) |*thread, part| thread.* = spawn(Tally.work, .{ &tally, @as(u32, @intCast(part)), 500 });
    for (threads) |thread| thread.join();
    print("tally {d} {d} {d}, mine {d}, data {any}\n", .{ tally.locked, tally.atomic.load(.acquire), tally.distinct.load(.acquire), mine, initialized });

    var channel: Channel = .{};
    const producer = spawn(Channel.produce, .{ &channel, 2000 });
    var sum: u64 = 0;
    while (true) {
        const value = channel.receive();
        if (value == std.math.maxInt(u64)) break;
        sum += value;
    }
    producer.join();
    print("channel {d}\n", .{sum});

    const items = fixed.threadSafeAllocator().alloc(u32, 20000) catch unreachable;
    var random: std.Random.DefaultPrng = .init(1);
    for (items) |*item| item.* = random.random().int(u32);
    sort(items, 3);
    print("sorted {} {x}\n", .{ std.sort.isSorted(u32, items, {}, std.sort.asc(u32)), items[12345] });
}
