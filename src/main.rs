fn main() {
    for (f, y) in fabric_operator::api::rendered().unwrap() {
        std::fs::write(format!("crds/{f}"), y).unwrap();
    }
}
