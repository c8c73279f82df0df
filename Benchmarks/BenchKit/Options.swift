import Foundation

/// `--name value` pairs.
public struct Options: Sendable {
  /// What was given, to be handed on to a child.
  public let words: [String]
  private let values: [String: String]

  public init(_ words: [String]) throws {
    self.words = words
    var values: [String: String] = [:]
    var rest = words[...]
    while let name = rest.popFirst() {
      guard name.hasPrefix("--"), let value = rest.popFirst() else {
        throw BenchFailure("'\(name)' is not one of --name value")
      }
      values[String(name.dropFirst(2))] = value
    }
    self.values = values
  }

  public func text(_ name: String) throws -> String {
    guard let value = values[name] else { throw BenchFailure("--\(name) is missing") }
    return value
  }

  public func fileText(_ name: String) throws -> String {
    try String(contentsOfFile: try text(name), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  public func count(_ name: String, most: Int) throws -> Int {
    let text = try text(name)
    guard let value = Int(text), (1...most).contains(value) else {
      throw BenchFailure("--\(name) is '\(text)', not a number from 1 to \(most)")
    }
    return value
  }

  public func seconds(_ name: String) throws -> Double {
    let text = try text(name)
    guard let value = Double(text), (0.1...600).contains(value) else {
      throw BenchFailure("--\(name) is '\(text)', not a number from 0.1 to 600")
    }
    return value
  }
}
