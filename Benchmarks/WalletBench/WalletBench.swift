import BenchKit
import Foundation

/// How fast wallet-svc's ledger and balances are. See `docs/performance.md`.
///
///     wallet-bench orders --redis PATH --customers N --orders N --in-flight N
///     wallet-bench balances --redis PATH --seconds N --in-flight N --address T…
///
/// Both need running programs, which `Benchmarks/wallet.py` starts. The last line is all figures as one JSON object.
@main
enum WalletBench {
  static func main() async {
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      let options = try Options(Array(words.dropFirst()))
      let figures: [Figure]
      switch words.first {
      case "orders": figures = [try await Orders(options).measure()]
      case "balances": figures = try await Balances(options).measure()
      default: throw BenchFailure("'\(words.first ?? "")' is neither 'orders' nor 'balances'")
      }
      print(try figures.json())
    } catch {
      FileHandle.standardError.write(Data("wallet-bench: \(error)\n".utf8))
      exit(1)
    }
  }
}
