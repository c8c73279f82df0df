/// What a node's numbers may be. Sums, differences and products of a few that are within cannot leave 64 bits; an
/// answer with another is `malformed`, and never reaches arithmetic that would stop the process.
enum NodeNumber {
  /// Milliseconds of chain time: every reader of JSON carries them whole.
  static let times: Range<Int64> = 0..<(1 << 53)
  /// At a block every 3 s these last for 100,000 years.
  static let blocks: Range<Int64> = 0..<(1 << 40)
  /// Ten times the sun of all TRX there is.
  static let sun: ClosedRange<Int64> = 0...1_000_000_000_000_000_000
  /// Fees in sun, bandwidth, energy, and the TRX that the whole network has staked.
  static let resources: ClosedRange<Int64> = 0...1_000_000_000_000

  /// - Parameter value: nil where a node left it out, as it does with zeros.
  /// - Throws: `malformed`.
  static func checked<Limits: RangeExpression<Int64>>(
    _ value: Int64?, _ name: StaticString, _ limits: Limits
  ) throws(TronNodeError) -> Int64 {
    let value = value ?? 0
    guard limits.contains(value) else {
      throw TronNodeError(.malformed, "a node answered with \(name) \(value), which cannot be")
    }
    return value
  }

  static func sun(_ value: Int64?, _ name: StaticString) throws(TronNodeError) -> Sun {
    Sun(try checked(value, name, sun))
  }

  static func resource(_ value: Int64?, _ name: StaticString) throws(TronNodeError) -> Int64 {
    try checked(value, name, resources)
  }
}
