import Foundation
import Logging

/// Log lines as JSON objects on standard error: `{"time":…,"level":…,"service":…,"message":…,…}`.
public struct JSONLog: LogHandler {
  /// Lines below it are not written.
  public var logLevel: Logger.Level
  /// Added to every line.
  public var metadata: Logger.Metadata = [:]
  private let service: String

  /// A logger that writes lines of a service to standard error.
  public static func logger(service: String, level: Logger.Level) -> Logger {
    Logger(label: service) { _ in JSONLog(logLevel: level, service: service) }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  private struct Line: Encodable {
    let time: String
    let level: String
    let service: String
    let message: String
    let fields: [String: String]
  }

  /// Writes one line.
  public func log(event: LogEvent) {
    var fields = metadata.mapValues { "\($0)" }
    for (name, value) in event.metadata ?? [:] { fields[name] = "\(value)" }
    LogSink.standardError.write(line(event.level, "\(event.message)", fields)) { lost in
      line(.error, "log lines could not be written", ["lines": "\(lost)"])
    }
  }

  private func line(_ level: Logger.Level, _ message: String, _ fields: [String: String]) -> [UInt8] {
    let line = Line(
      time: MessageCoder.timestamp(Date()), level: level.rawValue, service: service, message: message, fields: fields)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(line) else { return [] }  // A struct of strings always encodes.
    return Array(bytes)
  }
}
