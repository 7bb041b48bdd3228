//! Maps, strings, traits and iterators of Rust's standard library: a small database of orders, a tokenizer and its
//! evaluator, paths in a graph.

use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::cmp::Reverse;
use std::hash::{BuildHasherDefault, Hasher};

/// FNV-1a: the standard library's hasher starts anywhere.
#[derive(Default)]
struct Fnv(u64);
impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 31
    }
}
type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

struct Random(u64);
impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

#[derive(Clone, Debug)]
struct Order {
    customer: String,
    product: u32,
    amount: u32,
    price: f64,
}

fn orders(random: &mut Random) -> u64 {
    let list: Vec<Order> = (0..4000)
        .map(|_| Order {
            customer: format!("customer-{}", random.below(300)),
            product: random.below(100) as u32,
            amount: 1 + random.below(9) as u32,
            price: random.below(10_000) as f64 / 100.0,
        })
        .collect();
    let mut by_customer: Map<&str, Vec<&Order>> = Map::default();
    for order in &list {
        by_customer.entry(order.customer.as_str()).or_default().push(order);
    }
    let mut by_product: BTreeMap<u32, (u32, f64)> = BTreeMap::new();
    for order in list.iter().filter(|order| order.amount > 2) {
        let entry = by_product.entry(order.product).or_insert((0, 0.0));
        entry.0 += order.amount;
        entry.1 += f64::from(order.amount) * order.price;
    }
    let mut best: Vec<(&str, f64)> = by_customer
        .iter()
        .map(|(name, orders)| (*name, orders.iter().map(|order| order.price * f64::from(order.amount)).sum()))
        .collect();
    best.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap().then_with(|| a.0.cmp(b.0)));
    let text: String = best.iter().take(20).map(|(name, total)| format!("{name}={total:.2};")).collect();
    let products: f64 = by_product.values().map(|(amount, total)| total / f64::from(*amount)).sum();
    text.bytes().fold(products.to_bits(), |sum, byte| sum.rotate_left(5) ^ u64::from(byte))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(i64),
    Name(String),
    Sign(char),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&c) = rest.peek() {
        if c.is_ascii_digit() {
            let mut number = 0i64;
            while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
                rest.next();
            }
            tokens.push(Token::Number(number));
        } else if c.is_alphabetic() {
            let mut name = String::new();
            while let Some(&c) = rest.peek().filter(|c| c.is_alphanumeric()) {
                name.push(c);
                rest.next();
            }
            tokens.push(Token::Name(name));
        } else {
            rest.next();
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c));
            }
        }
    }
    tokens
}

trait Node {
    fn value(&self, names: &Map<String, i64>) -> i64;
}
struct Constant(i64);
struct Variable(String);
struct Binary(char, Box<dyn Node>, Box<dyn Node>);
impl Node for Constant {
    fn value(&self, _: &Map<String, i64>) -> i64 {
        self.0
    }
}
impl Node for Variable {
    fn value(&self, names: &Map<String, i64>) -> i64 {
        names.get(&self.0).copied().unwrap_or(0)
    }
}
impl Node for Binary {
    fn value(&self, names: &Map<String, i64>) -> i64 {
        let (left, right) = (self.1.value(names), self.2.value(names));
        match self.0 {
            '+' => left.wrapping_add(right),
            '-' => left.wrapping_sub(right),
            '*' => left.wrapping_mul(right),
            _ => left.checked_div(right).unwrap_or(0),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}
impl Parser {
    fn sign(&mut self, signs: &str) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token::Sign(c)) if signs.contains(*c) => {
                self.at += 1;
                Some(*c)
            }
            _ => None,
        }
    }
    fn sum(&mut self) -> Result<Box<dyn Node>, String> {
        let mut node = self.product()?;
        while let Some(sign) = self.sign("+-") {
            node = Box::new(Binary(sign, node, self.product()?));
        }
        Ok(node)
    }
    fn product(&mut self) -> Result<Box<dyn Node>, String> {
        let mut node = self.atom()?;
        while let Some(sign) = self.sign("*/") {
            node = Box::new(Binary(sign, node, self.atom()?));
        }
        Ok(node)
    }
    fn atom(&mut self) -> Result<Box<dyn Node>, String> {
        if self.sign("(").is_some() {
            let node = self.sum()?;
            return self.sign(")").map(|_| node).ok_or_else(|| "no )".to_string());
        }
        let token = self.tokens.get(self.at).cloned().ok_or("the end")?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Box::new(Constant(number))),
            Token::Name(name) => Ok(Box::new(Variable(name))),
            Token::Sign(sign) => Err(format!("a {sign}")),
        }
    }
}

fn expression(random: &mut Random, depth: u32, out: &mut String) {
    if depth == 0 {
        match random.below(2) {
            0 => out.push_str(&random.below(1000).to_string()),
            _ => out.push_str(["alpha", "beta", "gamma", "délta"][random.below(4) as usize]),
        }
        return;
    }
    out.push('(');
    expression(random, depth - 1, out);
    out.push_str([" + ", " - ", " * ", " / "][random.below(4) as usize]);
    expression(random, depth - 1, out);
    out.push(')');
}

fn expressions(random: &mut Random) -> u64 {
    let mut text = String::new();
    expression(random, 9, &mut text);
    let mut parser = Parser { tokens: tokens(&text), at: 0 };
    let tree = parser.sum().expect("what was written is well-formed");
    let mut names = Map::default();
    let mut sum = text.len() as u64;
    for round in 0..20i64 {
        for (at, name) in ["alpha", "beta", "gamma", "délta"].into_iter().enumerate() {
            names.insert(name.to_string(), round * (at as i64 + 3));
        }
        sum = sum.rotate_left(7) ^ tree.value(&names) as u64;
    }
    sum
}

fn paths(random: &mut Random) -> u64 {
    const NODES: usize = 2000;
    let edges: Vec<Vec<(usize, u64)>> = (0..NODES)
        .map(|_| (0..6).map(|_| (random.below(NODES as u64) as usize, 1 + random.below(100))).collect())
        .collect();
    let mut distances = vec![u64::MAX; NODES];
    let mut queue = BinaryHeap::from([Reverse((0u64, 0usize))]);
    while let Some(Reverse((distance, node))) = queue.pop() {
        if distance >= distances[node] {
            continue;
        }
        distances[node] = distance;
        queue.extend(edges[node].iter().map(|&(next, length)| Reverse((distance + length, next))));
    }
    distances.iter().filter(|&&distance| distance != u64::MAX).sum()
}

fn main() {
    let rounds: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut random = Random(88_172_645_463_325_252);
    let mut sum = 0u64;
    for _ in 0..rounds {
        for part in [orders, expressions, paths] {
            sum = (sum ^ part(&mut random)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
    println!("checksum {sum:016x}");
}
