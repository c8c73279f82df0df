import Foundation
import Logging
import ServiceLifecycle

/// The `tron-sim` command.
@main
struct TronSimMain {
  static func main() async {
    let options: Options
    do {
      options = try Options(arguments: Array(CommandLine.arguments.dropFirst()))
    } catch {
      write("tron-sim: \(error)\n\(Options.usage)\n", to: .standardError)
      exit(2)
    }
    var logger = Logger(label: "tron-sim") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    do {
      let node = try Node(options: options, logger: logger)
      let server = Server(node: node, logger: logger).service(obeysSignals: true) { _ in
        write("listening on \(node.urls.joined(separator: " "))\n", to: .standardOutput)
      }
      try await server.run()
    } catch {
      write("tron-sim: \(error)\n", to: .standardError)
      exit(1)
    }
  }

  private static func write(_ text: String, to file: FileHandle) {
    file.write(Data(text.utf8))
  }
}
