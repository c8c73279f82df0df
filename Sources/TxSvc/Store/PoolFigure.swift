import BusKit
import Foundation
import TronKit

/// What was last published about the pool.
struct PoolFigure: Row {
  static let table = "pool_figure"
  static let key = "pool"

  let id: String
  var seq: Int64
  var available: Energy
  var delegated: Energy
  var wallets: Int
  var publishedAt: Date

  var rowKey: String { id }
}
