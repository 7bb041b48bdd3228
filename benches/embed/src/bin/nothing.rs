//! A program without plugins: what others are compared with.

fn main() {
    println!("{}", 42);
}
