import Foundation

/// How fast the chain's side is. `Benchmarks/chain.py` calls it. See `docs/performance.md`.
@main
struct ChainBench {
  static func main() async {
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      guard words.first == "delegations" else { throw BenchFailure("'\(words.first ?? "")' is no command") }
      let figures = try await Delegations(try Options(Array(words.dropFirst()))).measure()
      print(#"{"delegations_per_second":\#(figures.perSecond.rounded()),"seconds":\#(figures.seconds)}"#)
    } catch {
      FileHandle.standardError.write(Data("chain-bench: \(error)\n".utf8))
      exit(1)
    }
  }
}
