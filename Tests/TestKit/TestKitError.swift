/// Why a test's surroundings could not be set up, or a condition did not come true.
public struct TestKitError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
