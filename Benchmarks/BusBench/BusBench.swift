import BenchKit
import Foundation

/// BusKit's side of the benchmark: `Benchmarks/run.py` calls it and documents its commands. Each prints one line of
/// JSON. Commands with `-child` are for the second process that a measurement starts.
@main
enum BusBench {
  static func main() async {
    do {
      let words = CommandLine.arguments.dropFirst()
      try await run(words.first ?? "", try Options(Array(words.dropFirst())))
    } catch {
      FileHandle.standardError.write(Data("bus-bench: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ command: String, _ options: Options) async throws {
    switch command {
    case "durable": try await Durable(options).measure()
    case "durable-source-child": try await Durable(options).runSource()
    case "durable-store-child": try await Durable(options).runStore()
    case "latency": try await Latency(options).measure()
    case "latency-child": try await Latency(options).runHandler()
    case "publish-consume": try await PublishConsume(options).measure()
    case "publish-consume-child": try await PublishConsume(options).runConsumer()
    case "soak": try await Soak(options).measure()
    case "soak-child": try await Soak(options).runConsumer()
    case "rpc": try await Requests(options).measure()
    case "rpc-child": try await Requests(options).runAnswerer()
    default:
      throw BenchFailure("'\(command)' is no command; publish-consume, latency, durable, rpc and soak are")
    }
  }
}

/// Prints the line that the benchmark reads.
func report(_ figures: [String: Double]) throws {
  let data = try JSONSerialization.data(withJSONObject: figures, options: [.sortedKeys])
  FileHandle.standardOutput.write(data + [10])
}
