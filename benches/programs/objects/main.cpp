// A machine of queues, workers and devices that send each other packets: small objects, virtual calls, lists.
#include "../bench.h"

namespace {

struct Packet {
    Packet *next;
    int kind, from, data;
    unsigned char bytes[8];
};

class Task;

// Who runs next, in order of priority.
class Scheduler {
public:
    static const int MOST = 8;
    Task *tasks[MOST] = {};
    Task *list = nullptr;
    uint64_t held = 0, sent = 0, steps = 0;

    void add(Task *task);
    void run(uint64_t limit);
    void send(Packet *packet, int to);
};

class Task {
public:
    Task(int number, int priority) : number(number), priority(priority) {}
    virtual ~Task() {}
    // Handles one packet, or what there is to do without one; false if there was nothing.
    virtual bool step(Scheduler &scheduler, Packet *packet) = 0;
    virtual bool waiting() const { return first == nullptr; }

    void put(Packet *packet) {
        packet->next = nullptr;
        if (last) last->next = packet;
        else first = packet;
        last = packet;
    }
    Packet *get() {
        Packet *packet = first;
        if (packet) {
            first = packet->next;
            if (!first) last = nullptr;
        }
        return packet;
    }

    const int number, priority;
    Task *next = nullptr;

private:
    Packet *first = nullptr, *last = nullptr;
};

void Scheduler::add(Task *task) {
    tasks[task->number] = task;
    Task **at = &list;
    while (*at && (*at)->priority > task->priority) at = &(*at)->next;
    task->next = *at;
    *at = task;
}

void Scheduler::send(Packet *packet, int to) {
    sent++;
    tasks[to]->put(packet);
}

void Scheduler::run(uint64_t limit) {
    Task *task = list;
    while (task && steps < limit) {
        steps++;
        if (task->waiting()) {
            held++;
            task = task->next;
            if (!task) task = list;
            continue;
        }
        Task *now = task;
        if (!now->step(*this, now->get())) task = task->next ? task->next : list;
        else task = list;
    }
}

enum Number { IDLE, WORKER, FIRST_HANDLER, SECOND_HANDLER, FIRST_DEVICE, SECOND_DEVICE };
enum Kind { WORK, FIRST_KIND, SECOND_KIND };

class Idle : public Task {
public:
    Idle() : Task(IDLE, 0) {}
    bool waiting() const override { return false; }
    bool step(Scheduler &scheduler, Packet *) override {
        control = control & 1 ? control >> 1 ^ 0xd008 : control >> 1;
        if (spare) {
            Packet *packet = spare;
            spare = packet->next;
            packet->kind = WORK;
            scheduler.send(packet, WORKER);
            return true;
        }
        return false;
    }
    Packet *spare = nullptr;
    int control = 1;
};

// Fills packets with letters and gives them to the handlers in turn.
class Worker : public Task {
public:
    Worker() : Task(WORKER, 1000) {}
    bool step(Scheduler &scheduler, Packet *packet) override {
        target = target == FIRST_HANDLER ? SECOND_HANDLER : FIRST_HANDLER;
        packet->kind = target == FIRST_HANDLER ? FIRST_KIND : SECOND_KIND;
        packet->from = number;
        packet->data = 0;
        for (unsigned char &byte : packet->bytes) {
            letter = letter >= 26 ? 1 : letter + 1;
            byte = static_cast<unsigned char>('A' + letter - 1);
        }
        scheduler.send(packet, target);
        return true;
    }

private:
    int target = SECOND_HANDLER, letter = 0;
};

// Hands each byte of a packet to its device, and the packet back to the worker.
class Handler : public Task {
public:
    Handler(int number, int device) : Task(number, number * 100), device(device) {}
    bool step(Scheduler &scheduler, Packet *packet) override {
        if (packet->from == device) {
            total += static_cast<uint64_t>(packet->data);
            packet->from = number;
        }
        if (packet->data < 8) {
            packet->kind = packet->bytes[packet->data];
            scheduler.send(packet, device);
        } else {
            scheduler.send(packet, WORKER);
        }
        return true;
    }
    uint64_t total = 0;

private:
    const int device;
};

class Device : public Task {
public:
    Device(int number, int handler) : Task(number, number * 100), handler(handler) {}
    bool step(Scheduler &scheduler, Packet *packet) override {
        if (!pending) {
            pending = packet;
            return false;
        }
        Packet *done = pending;
        pending = packet;
        finish(done);
        scheduler.send(done, handler);
        return true;
    }
    virtual void finish(Packet *packet) = 0;
    uint64_t sum = 0;

protected:
    Packet *pending = nullptr;
    const int handler;
};

class Disk : public Device {
public:
    using Device::Device;
    void finish(Packet *packet) override {
        sum = sum * 31 + static_cast<uint64_t>(packet->kind);
        packet->from = number;
        packet->data++;
    }
};

class Tape : public Device {
public:
    using Device::Device;
    void finish(Packet *packet) override {
        sum ^= static_cast<uint64_t>(packet->kind) << (packet->data * 5);
        packet->from = number;
        packet->data += 1 + (packet->kind == 'M');
    }
};

// Shapes in one list: calls whose target changes from one to the next.
class Shape {
public:
    virtual ~Shape() {}
    virtual int64_t area() const = 0;
    virtual void grow(int by) = 0;
    Shape *next = nullptr;
};
class Square : public Shape {
public:
    explicit Square(int side) : side(side) {}
    int64_t area() const override { return static_cast<int64_t>(side) * side; }
    void grow(int by) override { side = (side + by) & 1023; }

private:
    int side;
};
class Box : public Shape {
public:
    Box(int width, int height) : width(width), height(height) {}
    int64_t area() const override { return static_cast<int64_t>(width) * height; }
    void grow(int by) override {
        width = (width + by) & 1023;
        height = (height + 2 * by) & 511;
    }

private:
    int width, height;
};
class Group : public Shape {
public:
    Group(Shape *first, Shape *second) : first(first), second(second) {}
    int64_t area() const override { return first->area() + second->area(); }
    void grow(int by) override {
        first->grow(by);
        second->grow(by + 1);
    }

private:
    Shape *first, *second;
};

uint64_t simulate(uint64_t steps) {
    Scheduler scheduler;
    Idle idle;
    Worker worker;
    Handler first(FIRST_HANDLER, FIRST_DEVICE), second(SECOND_HANDLER, SECOND_DEVICE);
    Disk disk(FIRST_DEVICE, FIRST_HANDLER);
    Tape tape(SECOND_DEVICE, SECOND_HANDLER);
    Task *tasks[] = {&idle, &worker, &first, &second, &disk, &tape};
    for (Task *task : tasks) scheduler.add(task);
    Packet packets[9] = {};
    for (Packet &packet : packets) {
        packet.next = idle.spare;
        idle.spare = &packet;
    }
    scheduler.run(steps);
    return disk.sum ^ tape.sum ^ scheduler.held * 3 ^ scheduler.sent * 5 ^ first.total * 7 ^ second.total * 11;
}

uint64_t measure_shapes(int rounds) {
    Shape *list = nullptr;
    uint32_t state = 17;
    for (int i = 0; i < 600; i++) {
        uint32_t random = next_random(&state);
        int side = static_cast<int>(random >> 8 & 255);
        Shape *shape;
        switch (random % 3) {
        case 0: shape = new Square(side); break;
        case 1: shape = new Box(side, side / 2 + 1); break;
        default: shape = new Group(new Square(side), new Box(side + 1, 3));
        }
        shape->next = list;
        list = shape;
    }
    uint64_t sum = 0;
    for (int round = 0; round < rounds; round++)
        for (Shape *shape = list; shape; shape = shape->next) {
            shape->grow(round & 7);
            sum += static_cast<uint64_t>(shape->area());
        }
    return sum;
}

} // namespace

int main(int argc, char **argv) {
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        uint64_t found[2] = {simulate(1000000 + static_cast<uint64_t>(rounds)), measure_shapes(800)};
        sum = mix(sum, found, sizeof found);
    }
    return print_checksum(sum);
}
