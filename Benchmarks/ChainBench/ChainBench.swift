import Foundation

/// How fast the chain's side is, on this machine and against what bounds it. See `docs/performance.md`.
///
///     chain-bench [--json]
///
/// Prints a line for each figure; with `--json` the last line is all of them as one JSON object.
@main
enum ChainBench {
  /// In this order, one after another.
  private static let measurements: [@Sendable () async throws -> [Figure]] = [
    Addresses.measure,
    Signing.measure,
  ]

  static func main() async {
    let options = CommandLine.arguments.dropFirst()
    do {
      if let unknown = options.first(where: { $0 != "--json" }) {
        throw BenchFailure("'\(unknown)' is no option; --json is")
      }
      var figures: [Figure] = []
      for measure in measurements {
        let found = try await measure()
        for figure in found { print(figure) }
        figures += found
      }
      guard options.contains("--json") else { return }
      let object = Dictionary(uniqueKeysWithValues: figures.map { ($0.name, $0.value) })
      let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
      print(String(decoding: data, as: UTF8.self))
    } catch {
      FileHandle.standardError.write(Data("chain-bench: \(error)\n".utf8))
      exit(1)
    }
  }
}

/// What was measured, and what is wanted.
struct Figure: Sendable, CustomStringConvertible {
  let name: String
  let value: Double
  /// In words, such as `>= 500000`; empty where nothing is wanted.
  let goal: String

  init(_ name: String, _ value: Double, goal: String = "") {
    self.name = name
    self.value = (value * 1000).rounded() / 1000
    self.goal = goal
  }

  var description: String {
    let padded = name.padding(toLength: 28, withPad: " ", startingAt: 0)
    return "\(padded)\(value)" + (goal.isEmpty ? "" : "  (goal \(goal))")
  }
}

/// Why there is no figure.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
