import Foundation
import Logging
import Postgres
import Redis

/// Reads configuration from environment variables and collects every mistake, so that an operator sees all of them at
/// once.
public struct EnvironmentReader {
  private let values: [String: String]
  /// One line for each value that is missing or wrong.
  public private(set) var mistakes: [String] = []

  public init(_ values: [String: String] = ProcessInfo.processInfo.environment) { self.values = values }

  /// Adds a mistake that the caller has found.
  public mutating func mistake(_ text: String) { mistakes.append(text) }

  /// Throws when anything was wrong, with one line per mistake.
  public func finish() throws {
    guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes) }
  }

  /// The value; nil when it is not set or empty.
  public func optional(_ name: String) -> String? {
    guard let value = values[name], !value.isEmpty else { return nil }
    return value
  }

  /// The value, or the default; without both a mistake.
  public mutating func string(_ name: String, default fallback: String? = nil) -> String? {
    if let value = optional(name) ?? fallback { return value }
    mistakes.append("\(name) is not set")
    return nil
  }

  /// A whole number in the range, or the default; anything else is a mistake.
  public mutating func integer(_ name: String, default fallback: Int64, in range: ClosedRange<Int64>) -> Int64 {
    guard let text = optional(name) else { return fallback }
    guard let value = Int64(text), range.contains(value) else {
      mistakes.append("\(name) is '\(text)': give a whole number from \(range.lowerBound) to \(range.upperBound)")
      return fallback
    }
    return value
  }

  /// An `http` or `https` URL without its last slash; anything else is a mistake.
  public mutating func url(_ name: String, default fallback: String? = nil) -> String? {
    guard let text = string(name, default: fallback) else { return nil }
    guard let parts = URLComponents(string: text), let scheme = parts.scheme, ["http", "https"].contains(scheme),
      parts.host?.isEmpty == false
    else {
      mistakes.append("\(name) is '\(text)': give a URL such as https://host:port")
      return nil
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// `host:port`.
  public mutating func address(_ name: String, default fallback: String?) -> (host: String, port: Int)? {
    guard let text = string(name, default: fallback) else { return nil }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port), colon != text.startIndex
    else {
      mistakes.append("\(name) is '\(text)': give HOST:PORT, e.g. 127.0.0.1:8080")
      return nil
    }
    return (String(text[..<colon]), port)
  }

  /// The content of the file that the variable names, without surrounding white space. The content never appears in a
  /// mistake.
  public mutating func secret(_ name: String, required: Bool = true) -> String? {
    guard let path = optional(name) else {
      if required { mistakes.append("\(name) is not set: give the path of a file with the secret") }
      return nil
    }
    do {
      let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      guard !text.isEmpty else {
        mistakes.append("\(name): the file \(path) is empty")
        return nil
      }
      return text
    } catch {
      mistakes.append("\(name): cannot read \(path): \(error.localizedDescription)")
      return nil
    }
  }

  /// How to reach Redis, with its password from a file.
  public mutating func redis(clientName: String) -> RedisConfiguration? {
    guard let text = string("ENERGY_REDIS_URL") else { return nil }
    let password = secret("ENERGY_REDIS_PASSWORD_FILE", required: false)
    do {
      let address = try RedisAddress(parsing: text)
      if case .tcp(let host, _) = address {
        allowPlaintext([host], of: "ENERGY_REDIS_URL", instead: "a TLS tunnel on loopback")
      }
      return RedisConfiguration(
        address: address, user: optional("ENERGY_REDIS_USER"), password: password, clientName: clientName)
    } catch {
      mistakes.append("ENERGY_REDIS_URL is '\(text)': \(error)")
      return nil
    }
  }

  /// How to reach Postgres, with its password from a file.
  public mutating func postgres(applicationName: String, schema: String) -> PostgresConfiguration? {
    let password = secret("ENERGY_POSTGRES_PASSWORD_FILE", required: false)
    guard let text = string("ENERGY_POSTGRES_URL") else { return nil }
    guard !text.contains("password=") else {
      mistakes.append(
        "ENERGY_POSTGRES_URL holds a password: put it in a file and name that in ENERGY_POSTGRES_PASSWORD_FILE")
      return nil
    }
    let configuration = PostgresConfiguration(
      conninfo: text, password: password, applicationName: applicationName, searchPath: schema)
    allowPlaintext(configuration.unverifiedHosts, of: "ENERGY_POSTGRES_URL", instead: "sslmode=verify-full")
    return configuration
  }

  /// Money and keys cross these connections: beyond loopback they go in clear only to hosts that the operator has
  /// named.
  private mutating func allowPlaintext(_ hosts: [String], of name: String, instead: String) {
    let named = (optional("ENERGY_ALLOW_PLAINTEXT") ?? "").split(separator: ",").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    for host in hosts where !Self.isLoopback(host) && !named.contains(host) {
      mistakes.append(
        "\(name): \(host) would be reached without TLS: use a socket or \(instead), "
          + "or name the host in ENERGY_ALLOW_PLAINTEXT")
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    // Digits only after "127.": 127.example.org is a name like any other.
    ["localhost", "::1", "[::1]"].contains(host.lowercased())
      || (host.hasPrefix("127.") && host.allSatisfy { $0 == "." || ("0"..."9").contains($0) })
  }

  /// The level of the log; `info` if not set.
  public mutating func logLevel() -> Logger.Level {
    let text = optional("ENERGY_LOG_LEVEL") ?? "info"
    guard let level = Logger.Level(rawValue: text) else {
      mistakes.append("ENERGY_LOG_LEVEL is '\(text)': give trace, debug, info, notice, warning, error or critical")
      return .info
    }
    return level
  }
}

/// A configuration that a process cannot start with.
public struct ConfigurationError: Error, CustomStringConvertible {
  /// One line for each.
  public let mistakes: [String]

  /// For mistakes that show only when what was configured is tried.
  public init(mistakes: [String]) { self.mistakes = mistakes }

  public var description: String { "configuration:\n" + mistakes.map { "  - \($0)" }.joined(separator: "\n") }
}
