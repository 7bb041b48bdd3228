// The standard library without exceptions: containers, algorithms, strings, smart pointers, variants, closures.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdio>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

struct Random {
    uint64_t state = 42;
    uint32_t operator()() {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>(state >> 33);
    }
};

struct Counted {
    static int alive, copies;
    int value;
    explicit Counted(int v) : value(v) { alive++; }
    Counted(const Counted &other) : value(other.value) { alive++, copies++; }
    Counted(Counted &&other) noexcept : value(std::exchange(other.value, -1)) { alive++; }
    Counted &operator=(const Counted &) = default;
    Counted &operator=(Counted &&other) noexcept {
        value = std::exchange(other.value, -1);
        return *this;
    }
    ~Counted() { alive--; }
    bool operator<(const Counted &other) const { return value < other.value; }
};
int Counted::alive, Counted::copies;

static std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    for (;;) {
        auto end = text.find(at);
        parts.emplace_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// Shortest paths: a priority queue over an adjacency map.
static std::optional<int> distance(const std::map<int, std::vector<std::pair<int, int>>> &graph, int from, int to) {
    std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> open;
    std::unordered_map<int, int> best;
    for (open.emplace(0, from); !open.empty();) {
        auto [cost, node] = open.top();
        open.pop();
        if (!best.try_emplace(node, cost).second) continue;
        if (node == to) return cost;
        if (auto edges = graph.find(node); edges != graph.end())
            for (auto [next, weight] : edges->second) open.emplace(cost + weight, next);
    }
    return std::nullopt;
}

int main(int argc, char **argv) {
    Random random;
    std::map<std::string, int> counts;
    for (auto &word : split("to be or not to be that is the question whether tis nobler in the mind to suffer", ' ')) counts[word]++;
    for (auto &[word, count] : counts)
        if (count > 1) std::printf("%s=%d ", word.c_str(), count);
    std::printf("%zu words\n", counts.size());

    std::vector<int> numbers(5000);
    std::generate(numbers.begin(), numbers.end(), [&] { return static_cast<int>(random() % 100000); });
    auto sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    std::nth_element(numbers.begin(), numbers.begin() + 2500, numbers.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::printf("median %d, %zu different, sum %lld, bound %td\n", numbers[2500], sorted.size(),
                std::accumulate(sorted.begin(), sorted.end(), 0LL),
                std::lower_bound(sorted.begin(), sorted.end(), 50000) - sorted.begin());

    std::map<int, std::vector<std::pair<int, int>>> graph;
    for (int i = 0; i < 2000; i++) {
        int from = static_cast<int>(random() % 500), to = static_cast<int>(random() % 500);
        graph[from].emplace_back(to, 1 + random() % 50);
    }
    for (int to : {10, 250, 499, 777}) std::printf("path %d ", distance(graph, 0, to).value_or(-1));
    std::printf("\n");

    {
        std::vector<Counted> objects;
        for (int i = 0; i < 100; i++) objects.emplace_back(static_cast<int>(random() % 1000));
        std::stable_sort(objects.begin(), objects.end());
        std::list<Counted> list(objects.begin(), objects.begin() + 10);
        std::deque<Counted> deque;
        for (auto &object : list) deque.push_front(std::move(object));
        std::set<Counted> set(objects.begin(), objects.end());
        std::printf("objects %d %d alive %d copies %d set %zu\n", objects.front().value, deque.back().value, Counted::alive,
                    Counted::copies, set.size());
    }
    std::printf("alive %d\n", Counted::alive);

    std::unordered_map<std::string, std::unique_ptr<Counted>> owned;
    for (int i = 0; i < 3000; i++) {
        auto key = "key" + std::to_string(random() % 1000);
        owned[key] = std::make_unique<Counted>(i);
    }
    int total = 0;
    for (auto &[key, value] : owned) total += value->value;
    std::printf("owned %zu %d alive %d\n", owned.size(), total, Counted::alive);
    owned.clear();

    auto shared = std::make_shared<std::string>("shared");
    std::weak_ptr<std::string> weak = shared;
    std::vector<std::function<std::string(int)>> functions;
    for (int i = 0; i < 3; i++) functions.push_back([shared, i](int j) { return *shared + std::to_string(i * 10 + j); });
    std::string all;
    for (auto &function : functions) all += function(7) + ",";
    shared.reset();
    std::printf("%s expired %d", all.c_str(), weak.expired());
    functions.clear();
    std::printf(" %d\n", weak.expired());

    using Value = std::variant<int, double, std::string, std::vector<int>>;
    std::vector<Value> values{1, 2.5, std::string("three"), std::vector<int>{4, 5}};
    for (auto &value : values)
        std::visit(
            [](auto &v) {
                using T = std::decay_t<decltype(v)>;
                if constexpr (std::is_same_v<T, std::string>) std::printf("text %s; ", v.c_str());
                else if constexpr (std::is_same_v<T, std::vector<int>>) std::printf("list of %zu\n", v.size());
                else std::printf("number %g; ", static_cast<double>(v));
            },
            value);

    std::bitset<2000> composite;
    for (size_t i = 2; i * i < 2000; i++)
        if (!composite[i])
            for (size_t j = i * i; j < 2000; j += i) composite.set(j);
    std::printf("primes %zu\n", 1998 - composite.count());

    std::array<std::tuple<int, std::string, double>, 3> rows{{{2, "b", 0.5}, {1, "z", 1.5}, {1, "a", 2.5}}};
    std::sort(rows.begin(), rows.end());
    for (auto &[a, b, c] : rows) std::printf("(%d %s %.1f)", a, b.c_str(), c);
    std::string text = "the lazy dog";
    text.replace(4, 4, "quick brown");
    std::reverse(text.begin(), text.end());
    std::printf(" %s %zu\n", text.c_str(), text.rfind('k'));
    if (argc > 1) std::printf("argument %s %d\n", argv[1], std::stoi(argv[1]) * 2);
    return argc > 1 ? 3 : 0;
}
