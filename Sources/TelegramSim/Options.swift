import Foundation

/// The command line: `telegram-sim --address 127.0.0.1:PORT --data DIR`.
struct Options: Equatable {
  var host = "127.0.0.1"
  /// 0: any free port.
  var port = 8081
  var data: URL?

  struct UsageError: Error, CustomStringConvertible {
    var description: String
  }

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      guard let value = rest.popFirst() else { throw UsageError(description: "\(flag) needs a value\n\(Self.usage)") }
      switch flag {
      case "--address":
        guard let colon = value.lastIndex(of: ":"), let port = Int(value[value.index(after: colon)...]),
          (0...65535).contains(port), colon > value.startIndex
        else { throw UsageError(description: "--address must be HOST:PORT, not '\(value)'") }
        host = String(value[..<colon])
        self.port = port
      case "--data": data = URL(filePath: value, directoryHint: .isDirectory)
      default: throw UsageError(description: "unknown option '\(flag)'\n\(Self.usage)")
      }
    }
    guard data != nil else { throw UsageError(description: "--data is missing\n\(Self.usage)") }
  }

  private static let usage = "usage: telegram-sim --address 127.0.0.1:PORT --data DIR"
}
