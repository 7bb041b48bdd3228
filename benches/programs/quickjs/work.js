// Objects, classes, closures, strings, regular expressions, typed arrays, maps. The value is a text that depends on all of it.
function sieve(limit) {
    const composite = new Uint8Array(limit + 1);
    let count = 0;
    for (let i = 2; i <= limit; i++) {
        if (composite[i]) continue;
        count++;
        for (let j = i * i; j <= limit; j += i) composite[j] = 1;
    }
    return count;
}

class Shape {
    constructor(size) { this.size = size; }
    grow(by) { this.size = (this.size + by) % 1009; return this; }
}
class Square extends Shape { area() { return this.size * this.size; } }
class Box extends Shape {
    constructor(size) { super(size); this.height = size / 2 | 0; }
    area() { return this.size * this.height; }
}
function shapes(count) {
    const list = [];
    for (let i = 0; i < 50; i++) list.push(i % 3 ? new Square(i) : new Box(i));
    let sum = 0;
    for (let i = 0; i < count; i++) sum += list[i % 50].grow(i & 7).area();
    return sum;
}

function words(count) {
    let state = 12345;
    const parts = [];
    for (let i = 0; i < count; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        parts.push("word" + (state >>> 16) % 300);
    }
    const counts = new Map();
    for (const word of parts.join(" ").split(" ")) counts.set(word, (counts.get(word) || 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return sorted[0].join("") + parts.join("-").replace(/word(1\d*)/g, "<$1>").length;
}

function json(count) {
    const records = [];
    for (let i = 0; i < count; i++) records.push({ id: i, name: "n" + i, tags: ["a", "b", i & 1 ? "odd" : "even"], place: { x: i * 2, y: -i } });
    const again = JSON.parse(JSON.stringify(records));
    return again.filter((record) => record.tags[2] === "odd").map((record) => record.place.x).reduce((a, b) => a + b, 0);
}

function fibonacci(n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

function closures(count) {
    const adder = (by) => (value) => value + by;
    let value = 0;
    for (let i = 0; i < count; i++) value = adder(i)(value) % 1000003;
    return value;
}

function matrix(size) {
    const a = [], b = [];
    for (let i = 0; i < size; i++) {
        a.push([]);
        b.push([]);
        for (let j = 0; j < size; j++) { a[i].push((i * j) % 7 + 0.5); b[i].push((i + j) % 5 + 0.25); }
    }
    let trace = 0;
    for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
            let sum = 0;
            for (let k = 0; k < size; k++) sum += a[i][k] * b[k][j];
            if (i === j) trace += sum;
        }
    return trace;
}

let results = [];
for (let round = 1; round <= rounds; round++)
    results = [sieve(20000 + round), shapes(10000), words(1500), json(300), fibonacci(19), closures(8000), matrix(24), results.length, round];
"done " + results.join(",");
