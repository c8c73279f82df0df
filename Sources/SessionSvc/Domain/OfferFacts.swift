import Contracts
import TronKit

/// Everything the confirm screen tells.
struct OfferFacts: Sendable, Equatable {
  let receiver: TronAddress
  let quote: Quote
  let balance: CustomerBalance
  /// nil when the chain cannot be read; the signer checks the receiver again before anything is signed.
  let chain: ChainAccountView?
  /// nil when tx-svc did not answer; then the order itself finds out.
  let pool: PoolView?

  /// The first reason for which this rental cannot be ordered as it stands.
  var problem: OfferProblem? {
    switch chain?.receiverFault {
    case .receiverIsContract: return .receiverIsContract
    case .some: return .receiverNotActivated
    case nil: break
    }
    if let pool, !Self.canLend(quote.energy, from: pool) { return .poolEmpty }
    if balance.available < quote.price { return .balanceTooSmall(missing: quote.price.value - balance.available.value) }
    return nil
  }

  private static func canLend(_ energy: Energy, from pool: PoolView) -> Bool {
    guard pool.signing == .everything else { return false }
    var rest = energy.value
    for wallet in pool.wallets where wallet.isEnabled && rest > 0 { rest -= max(0, wallet.available.value) }
    return rest <= 0
  }
}

/// Why there is no confirm button.
enum OfferProblem: Sendable, Equatable {
  case receiverIsContract, receiverNotActivated, poolEmpty
  /// In sun.
  case balanceTooSmall(missing: Int64)
}
