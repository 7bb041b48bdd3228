//! A compiler and a stack machine for arithmetic expressions; machines with bugs end in a panic, which is a trap.

use std::collections::HashMap;
use std::io::Read;
use std::rc::Rc;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Op {
    Push(f64),
    Load(u16),
    Store(u16),
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    Jump(usize),
    JumpIfZero(usize),
    Call(u16, u8),
    Print,
}

trait Function {
    fn call(&self, arguments: &[f64]) -> f64;
}
struct Pure(fn(f64) -> f64);
impl Function for Pure {
    fn call(&self, arguments: &[f64]) -> f64 {
        (self.0)(arguments[0])
    }
}
struct Fold<F: Fn(f64, f64) -> f64>(F);
impl<F: Fn(f64, f64) -> f64> Function for Fold<F> {
    fn call(&self, arguments: &[f64]) -> f64 {
        arguments.iter().copied().reduce(&self.0).unwrap_or(f64::NAN)
    }
}

#[derive(Default)]
struct Compiler<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    code: Vec<Op>,
    variables: HashMap<&'a str, u16>,
    functions: HashMap<&'static str, u16>,
}

type Result<T> = std::result::Result<T, String>;

fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let class = |c: char| (c.is_alphanumeric() || c == '.') as u8;
        let length = if class(first) == 1 {
            rest.find(|c| class(c) == 0).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

impl<'a> Compiler<'a> {
    fn peek(&self) -> &'a str {
        self.tokens.get(self.at).copied().unwrap_or("")
    }
    fn accept(&mut self, token: &str) -> bool {
        let found = self.peek() == token;
        self.at += usize::from(found);
        found
    }
    fn expect(&mut self, token: &str) -> Result<()> {
        if self.accept(token) { Ok(()) } else { Err(format!("expected {token:?}, found {:?}", self.peek())) }
    }
    fn slot(&mut self, name: &'a str) -> u16 {
        let next = self.variables.len() as u16;
        *self.variables.entry(name).or_insert(next)
    }
    fn statements(&mut self, end: &str) -> Result<()> {
        while self.peek() != end {
            if self.accept("while") {
                let start = self.code.len();
                self.expression(0)?;
                let exit = self.code.len();
                self.code.push(Op::JumpIfZero(0));
                self.expect("{")?;
                self.statements("}")?;
                self.expect("}")?;
                self.code.push(Op::Jump(start));
                self.code[exit] = Op::JumpIfZero(self.code.len());
            } else if self.accept("print") {
                self.expression(0)?;
                self.code.push(Op::Print);
                self.expect(";")?;
            } else {
                let name = self.peek();
                if !name.chars().all(char::is_alphabetic) || name.is_empty() {
                    return Err(format!("unexpected {name:?}"));
                }
                self.at += 1;
                self.expect("=")?;
                self.expression(0)?;
                self.expect(";")?;
                let slot = self.slot(name);
                self.code.push(Op::Store(slot));
            }
        }
        Ok(())
    }
    fn expression(&mut self, minimum: u8) -> Result<()> {
        self.primary()?;
        loop {
            let (op, left, right) = match self.peek() {
                "<" => (Op::Less, 1, 2),
                "+" => (Op::Add, 3, 4),
                "-" => (Op::Subtract, 3, 4),
                "*" => (Op::Multiply, 5, 6),
                "/" => (Op::Divide, 5, 6),
                "^" => (Op::Power, 8, 7),
                _ => return Ok(()),
            };
            if left < minimum {
                return Ok(());
            }
            self.at += 1;
            self.expression(right)?;
            self.code.push(op);
        }
    }
    fn primary(&mut self) -> Result<()> {
        let token = self.peek();
        self.at += 1;
        if token == "(" {
            self.expression(0)?;
            return self.expect(")");
        }
        if token == "-" {
            self.code.push(Op::Push(0.0));
            self.expression(6)?;
            self.code.push(Op::Subtract);
            return Ok(());
        }
        if let Ok(number) = token.parse() {
            self.code.push(Op::Push(number));
        } else if self.accept("(") {
            let function = *self.functions.get(token).ok_or_else(|| format!("no function {token:?}"))?;
            let mut count = 0;
            while self.peek() != ")" {
                self.expression(0)?;
                count += 1;
                self.accept(",");
            }
            self.at += 1;
            self.code.push(Op::Call(function, count));
        } else if let Some(slot) = self.variables.get(token) {
            self.code.push(Op::Load(*slot));
        } else {
            return Err(format!("no variable {token:?}"));
        }
        Ok(())
    }
}

fn run(code: &[Op], functions: &[Rc<dyn Function>], variables: usize) -> (usize, Vec<f64>) {
    let mut stack = Vec::with_capacity(8);
    let mut variables = vec![0.0; variables];
    let (mut at, mut steps) = (0, 0);
    while let Some(op) = code.get(at) {
        at += 1;
        steps += 1;
        let mut pop = || stack.pop().expect("the stack is not empty");
        let value = match *op {
            Op::Push(value) => value,
            Op::Load(slot) => variables[slot as usize],
            Op::Store(slot) => {
                variables[slot as usize] = pop();
                continue;
            }
            Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Power | Op::Less => {
                let (b, a): (f64, f64) = (pop(), pop());
                match op {
                    Op::Add => a + b,
                    Op::Subtract => a - b,
                    Op::Multiply => a * b,
                    Op::Divide => a / b,
                    Op::Power => a.powf(b),
                    _ => f64::from(u8::from(a < b)),
                }
            }
            Op::Jump(target) => {
                at = target;
                continue;
            }
            Op::JumpIfZero(target) => {
                if pop() == 0.0 {
                    at = target;
                }
                continue;
            }
            Op::Call(function, count) => {
                let arguments = stack.split_off(stack.len() - count as usize);
                functions[function as usize].call(&arguments)
            }
            Op::Print => {
                println!("{}", pop());
                continue;
            }
        };
        stack.push(value);
    }
    (steps, variables)
}

fn main() {
    let mut functions: Vec<Rc<dyn Function>> = Vec::new();
    let mut names = HashMap::new();
    let mut define = |name, function| {
        names.insert(name, functions.len() as u16);
        functions.push(function);
    };
    define("sqrt", Rc::new(Pure(f64::sqrt)) as Rc<dyn Function>);
    define("floor", Rc::new(Pure(f64::floor)));
    define("max", Rc::new(Fold(f64::max)));
    let offset = 0.5;
    define("sum", Rc::new(Fold(move |a, b| a + b + offset - 0.5)));
    match std::env::args().nth(1).as_deref() {
        Some("underflow") => {
            run(&[Op::Push(1.0), Op::Add], &functions, 0);
        }
        Some("index") => {
            run(&[Op::Load(3)], &functions, 2);
        }
        Some("overflow") => {
            let mut list: Vec<u32> = vec![u32::MAX, std::env::args().count() as u32];
            list[0] = list.iter().copied().reduce(|a, b| a.checked_add(b).expect("fits")).unwrap_or(0);
            println!("{list:?}");
        }
        _ => {}
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("standard input is text");
    for (number, program) in text.split("----").enumerate() {
        let mut compiler = Compiler { tokens: tokens(program), functions: names.clone(), ..Compiler::default() };
        match compiler.statements("") {
            Ok(()) => {
                let (steps, variables) = run(&compiler.code, &functions, compiler.variables.len());
                println!("program {number}: {} instructions, {steps} steps, {variables:?}", compiler.code.len());
            }
            Err(message) => println!("program {number}: {message}"),
        }
    }
}
