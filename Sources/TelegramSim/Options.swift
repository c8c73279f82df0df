import Foundation

/// The command line; see `usage`.
struct Options: Equatable {
  var host = "127.0.0.1"
  /// 0: any free port.
  var port = 8081
  /// nil: nothing is kept on disk.
  var data: URL?
  var asksForHelp = false

  struct UsageError: Error, CustomStringConvertible {
    var description: String
  }

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    var isMemory = false
    while let flag = rest.popFirst() {
      switch flag {
      case "--help", "-h": asksForHelp = true
      case "--memory": isMemory = true
      case "--address": (host, port) = try Self.address(Self.value(of: flag, &rest))
      case "--data": data = URL(filePath: try Self.value(of: flag, &rest), directoryHint: .isDirectory)
      default: throw UsageError(description: "unknown option '\(flag)'\n\(Self.usage)")
      }
    }
    guard asksForHelp || (data == nil) == isMemory else {
      throw UsageError(description: "give either --data or --memory\n\(Self.usage)")
    }
  }

  private static func value(of flag: String, _ rest: inout ArraySlice<String>) throws -> String {
    guard let value = rest.popFirst() else { throw UsageError(description: "\(flag) needs a value\n\(usage)") }
    return value
  }

  private static func address(_ text: String) throws -> (String, Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port), colon > text.startIndex
    else { throw UsageError(description: "--address must be HOST:PORT, not '\(text)'") }
    return (String(text[..<colon]), port)
  }

  static let usage = """
    usage: telegram-sim [--address 127.0.0.1:PORT] (--data DIR | --memory)

    --address  where to listen; port 0: any free one. Default: 127.0.0.1:8081
    --data     the folder that keeps chats, updates and commands over a restart
    --memory   keeps nothing on disk: for tests, and for loads that writing every change would slow down
    """
}
