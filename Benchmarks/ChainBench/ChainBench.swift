/// How fast the chain's side is. See `docs/performance.md`.
@main
struct ChainBench {
  static func main() {}
}
