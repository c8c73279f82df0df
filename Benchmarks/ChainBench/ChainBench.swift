import BenchKit
import Foundation

/// How fast the chain's side is, on this machine and against what bounds it. See `docs/performance.md`.
///
///     chain-bench [--json]
///     chain-bench delegations --redis PATH --postgres CONNINFO … [--json]
///
/// The first form needs nothing but a processor; the second needs running servers, which `Benchmarks/chain.py` starts.
/// Prints a line for each figure; with `--json` the last line is all of them as one JSON object.
@main
enum ChainBench {
  /// In this order, one after another.
  private static let measurements: [@Sendable () async throws -> [Figure]] = [
    Addresses.measure,
    Signing.measure,
    Blocks.measure,
  ]

  static func main() async {
    var words = Array(CommandLine.arguments.dropFirst())
    let isJSON = words.last == "--json"
    if isJSON { words.removeLast() }
    do {
      var figures: [Figure] = []
      for measure in try chosen(words) {
        let found = try await measure()
        for figure in found { print(figure) }
        figures += found
      }
      if isJSON { print(try figures.json()) }
    } catch {
      FileHandle.standardError.write(Data("chain-bench: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func chosen(_ words: [String]) throws -> [@Sendable () async throws -> [Figure]] {
    guard let command = words.first else { return measurements }
    guard command == "delegations" else { throw BenchFailure("'\(command)' is neither 'delegations' nor '--json'") }
    let delegations = try Delegations(try Options(Array(words.dropFirst())))
    return [delegations.measure]
  }
}
