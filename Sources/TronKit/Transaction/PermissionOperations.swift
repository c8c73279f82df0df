/// Which kinds of contract an active permission allows: the 32-byte mask in an account's permission. The bit of type
/// n is bit n % 8 of byte n / 8.
public struct PermissionOperations: Hashable, Sendable {
  /// Contract types, 0 to 255.
  public let contractTypes: Set<Int>

  /// Just delegating and reclaiming: what a supplier wallet's key should be limited to.
  public static let rental = PermissionOperations(types: [57, 58])

  private init(types: Set<Int>) { contractTypes = types }

  /// - Throws: for a type outside 0...255.
  public init(contractTypes: Set<Int>) throws(TransactionError) {
    if let wrong = contractTypes.first(where: { !(0...255).contains($0) }) {
      throw .malformed("the contract type \(wrong) is outside 0...255")
    }
    self.contractTypes = contractTypes
  }

  public init(mask: [UInt8]) throws(TransactionError) {
    guard mask.count == 32 else { throw .malformed("a permission's operations have 32 bytes, not \(mask.count)") }
    contractTypes = Set((0..<256).filter { mask[$0 / 8] & (1 << ($0 % 8)) != 0 })
  }

  public init(hex: String) throws(TransactionError) {
    let mask: [UInt8]
    do throws(HexError) {
      mask = try Hex.decode(hex)
    } catch {
      throw .malformed("a permission's operations: \(error.description)")
    }
    try self.init(mask: mask)
  }

  /// 32 bytes.
  public var mask: [UInt8] {
    var mask = [UInt8](repeating: 0, count: 32)
    for type in contractTypes { mask[type / 8] |= 1 << (type % 8) }
    return mask
  }

  /// 64 lower-case digits.
  public var hex: String { Hex.encode(mask) }

  /// By type alone.
  public func allows(_ contract: Contract) -> Bool { contractTypes.contains(contract.type) }
}
