//! One plugin of aot, one call.

aot_embed::include!(recursion);

fn main() {
    let mut plugin = recursion::Instance::new(()).expect("an instance");
    println!("{}", plugin.run(10).expect("no trap"));
}
