import Foundation

/// What was measured, and what is wanted.
public struct Figure: Sendable, CustomStringConvertible {
  public let name: String
  public let value: Double
  /// In words, such as `>= 500000`; empty where nothing is wanted.
  public let goal: String

  public init(_ name: String, _ value: Double, goal: String = "") {
    self.name = name
    self.value = (value * 1000).rounded() / 1000
    self.goal = goal
  }

  public var description: String {
    let padded = name.padding(toLength: 28, withPad: " ", startingAt: 0)
    return "\(padded)\(value)" + (goal.isEmpty ? "" : "  (goal \(goal))")
  }
}

extension [Figure] {
  /// All of them as one line, for programs.
  public func json() throws -> String {
    let object = Dictionary(uniqueKeysWithValues: map { ($0.name, $0.value) })
    return String(decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
  }
}

/// Why there is no figure.
public struct BenchFailure: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
