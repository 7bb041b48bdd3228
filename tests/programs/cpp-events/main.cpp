// A simulated lift in a house: virtual calls, multiple inheritance, templates, operators, static objects.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace {

struct Trace {
    const char *name;
    explicit Trace(const char *n) : name(n) { std::printf("begin %s\n", name); }
    ~Trace() { std::printf("end %s\n", name); }
};
Trace global_trace("program");

class Clock {
  public:
    virtual ~Clock() = default;
    virtual void tick(long now) = 0;
};
class Named {
  public:
    virtual ~Named() = default;
    virtual const char *name() const = 0;
    virtual int rank() const { return 0; }
};

template <typename T, std::size_t Capacity> class Ring {
    alignas(T) unsigned char storage_[Capacity * sizeof(T)];
    std::size_t head_ = 0, size_ = 0;
    T *at(std::size_t i) { return std::launder(reinterpret_cast<T *>(storage_) + (head_ + i) % Capacity); }

  public:
    ~Ring() { while (size_) pop(); }
    bool push(T value) {
        if (size_ == Capacity) return false;
        new (storage_ + (head_ + size_++) % Capacity * sizeof(T)) T(std::move(value));
        return true;
    }
    T pop() {
        T value = std::move(*at(0));
        at(0)->~T();
        head_ = (head_ + 1) % Capacity, size_--;
        return value;
    }
    std::size_t size() const { return size_; }
    T &operator[](std::size_t i) { return *at(i); }
};

struct Passenger {
    int from, to;
    long since;
};

class House;
class Lift final : public Clock, public Named {
    House &house_;
    int floor_ = 0, direction_ = 1, id_;
    std::vector<Passenger> inside_;

  public:
    long moved = 0, carried = 0, waited = 0;
    Lift(House &house, int id) : house_(house), id_(id) {}
    void tick(long now) override;
    const char *name() const override { return id_ ? "second" : "first"; }
    int rank() const override { return id_ + 1; }
};

class Arrivals : public Clock, public virtual Named {
  protected:
    House &house_;
    std::uint32_t state_;
    std::uint32_t random(std::uint32_t below) { return (state_ = state_ * 1103515245 + 12345) / 65536 % below; }

  public:
    long lost = 0;
    Arrivals(House &house, std::uint32_t seed) : house_(house), state_(seed) {}
    void tick(long now) override;
    const char *name() const override { return "arrivals"; }
};
class RushHour : public Arrivals {
  public:
    using Arrivals::Arrivals;
    void tick(long now) override {
        Arrivals::tick(now);
        if (now % 100 < 30) Arrivals::tick(now);
    }
    const char *name() const override { return "rush hour"; }
};

class House {
  public:
    static constexpr int floors = 12;
    Ring<Passenger, 8> queue[floors];
    std::vector<std::unique_ptr<Clock>> clocks;
    template <typename T, typename... Arguments> T &add(Arguments... arguments) {
        clocks.push_back(std::make_unique<T>(*this, arguments...));
        return static_cast<T &>(*clocks.back());
    }
    void run(long ticks) {
        for (long now = 0; now < ticks; now++)
            for (auto &clock : clocks) clock->tick(now);
    }
};

void Lift::tick(long now) {
    for (std::size_t i = 0; i < inside_.size();) {
        if (inside_[i].to == floor_) {
            carried++, waited += now - inside_[i].since;
            inside_[i] = inside_.back(), inside_.pop_back();
        } else {
            i++;
        }
    }
    auto &waiting = house_.queue[floor_];
    while (inside_.size() < 6 && waiting.size()) inside_.push_back(waiting.pop());
    if ((direction_ > 0 && floor_ == House::floors - 1) || (direction_ < 0 && floor_ == 0)) direction_ = -direction_;
    floor_ += direction_, moved++;
}

void Arrivals::tick(long now) {
    if (random(3)) return;
    int from = static_cast<int>(random(House::floors)), to = static_cast<int>(random(House::floors));
    if (from != to && !house_.queue[from].push({from, to, now})) lost++;
}

struct Matrix {
    double cell[3][3];
    friend Matrix operator*(const Matrix &a, const Matrix &b) {
        Matrix c{};
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                for (int k = 0; k < 3; k++) c.cell[i][j] += a.cell[i][k] * b.cell[k][j];
        return c;
    }
};

template <int N> struct Factorial { static constexpr long long value = N * Factorial<N - 1>::value; };
template <> struct Factorial<0> { static constexpr long long value = 1; };

int singleton_uses() {
    static Trace trace("lazy");
    static int uses = 0;
    return ++uses;
}

} // namespace

int main(int argc, char **argv) {
    long ticks = argc > 1 ? std::atol(argv[1]) : 10000;
    House house;
    auto &first = house.add<Lift>(0), &second = house.add<Lift>(1);
    Arrivals &calm = house.add<Arrivals>(7u), &rush = house.add<RushHour>(99u);
    house.run(ticks);
    for (Lift *lift : {&first, &second})
        std::printf("%s lift: %ld floors, %ld people, %ld waited\n", lift->name(), lift->moved, lift->carried, lift->waited);
    for (Arrivals *arrivals : {&calm, &rush}) std::printf("%s: %ld lost\n", arrivals->name(), arrivals->lost);
    int ranks = 0;
    for (const Named *named : {static_cast<Named *>(&first), static_cast<Named *>(&second), static_cast<Named *>(&rush)})
        ranks = ranks * 10 + named->rank();
    const char *(Named::*member)() const = &Named::name;
    Named *one = &rush;
    std::printf("ranks %d, by member pointer %s\n", ranks, (one->*member)());
    Matrix m{{{0.5, 0.25, 0.25}, {0.2, 0.6, 0.2}, {0.1, 0.3, 0.6}}}, power = m;
    for (int i = 0; i < 50; i++) power = power * m;
    std::printf("steady %.6f %.6f %.6f, 20! %lld\n", power.cell[0][0], power.cell[1][1], power.cell[2][2], Factorial<20>::value);
    singleton_uses();
    std::printf("uses %d\n", singleton_uses());
    std::atexit([] { std::printf("at exit\n"); });
    return 0;
}
