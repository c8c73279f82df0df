import Contracts
import TronKit

/// Money of one rental. Whole numbers only.
enum Pricing {
  /// Energy × the product's sun per energy. Throws when the product is too large for 64 bits.
  static func price(_ energy: Energy, of product: Product) throws(AmountError) -> Sun {
    try Sun(product.sunPerEnergy).multiplied(by: energy.value)
  }

  /// What is charged of `price` when `delivered` of `ordered` energy came: in proportion, rounded down, never more
  /// than agreed.
  static func charge(price: Sun, ordered: Energy, delivered: Energy) -> Sun {
    guard ordered > .zero, delivered > .zero else { return .zero }
    guard delivered < ordered else { return price }
    let share = Int128(price.value) * Int128(delivered.value) / Int128(ordered.value)
    // At most `price`, because delivered < ordered.
    return Sun(Int64(truncatingIfNeeded: share))
  }
}
