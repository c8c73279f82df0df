import BusKit
import TronKit

/// What is kept of a solid block for some days, to be compared with what nodes say later.
struct SolidBlock: Row {
  static let table = "solid_blocks"
  static let keyColumn = "number"

  let number: Int64
  let blockID: BlockID
  let timeMs: Int64
  /// nil where they were not counted.
  let transactions: Int?
  /// Of them, the orders'.
  let ours: Int
  /// Of them, what was taken down of watched addresses.
  let deposits: Int

  static func key(_ number: Int64) -> String { String(number) }
  var rowKey: String { Self.key(number) }
}
