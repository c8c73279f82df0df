import Contracts
import TronKit

/// What one deposit address has, and what it takes to move its tokens.
struct SweepSource: Sendable {
  enum Estimate: Sendable, Equatable {
    case notAsked
    case energy(Energy)
    /// The contract would refuse the transfer.
    case refused(String)
  }

  let entry: DepositAddressList.Entry
  let balance: SolidBalancesView.Balance
  var estimate = Estimate.notAsked
}

/// What is done with one deposit address. Pure.
///
/// Every amount is such that its transactions can be paid for even if they burn the most they may, in any order.
struct SweepDecision: Sendable, Equatable {
  struct Funding: Sendable, Equatable {
    let amount: Sun
    let isActivation: Bool
    /// Burned by the funder.
    let fee: Sun
  }

  struct Tokens: Sendable, Equatable {
    let amount: Int64
    let feeLimit: Sun
    /// Burned by the address.
    let fee: Sun
    /// nil: energy is burned.
    let lending: Lending?
  }

  struct Lending: Sendable, Equatable {
    let energy: Energy
    let durationSeconds: Int64
    let price: Sun
    /// Burned by the pool.
    let cost: Sun
  }

  struct Coins: Sendable, Equatable {
    let amount: Sun
    let fee: Sun
  }

  private(set) var funding: Funding?
  private(set) var tokens: Tokens?
  private(set) var coins: Coins?
  /// Why not more is done.
  private(set) var obstacles: [String] = []

  var transactionCount: Int { (funding == nil ? 0 : 1) + (tokens == nil ? 0 : 1) + (coins == nil ? 0 : 1) }

  /// Whether it is worth asking what moving the address's tokens takes.
  static func wantsEstimate(_ balance: SolidBalancesView.Balance, _ settings: SweepSettings) -> Bool {
    balance.isWatched && balance.token > 0 && balance.token >= settings.minimum.usdt
  }

  /// - Throws: `AmountError` for amounts that cannot be.
  init(_ source: SweepSource, _ settings: SweepSettings, _ fees: SweepFees, _ products: [Product]) throws {
    guard source.balance.isWatched else {
      obstacles.append("tx-svc does not watch it, so its sweep would not be posted")
      return
    }
    let reserved = try decideTokens(source, settings, fees, products)
    try decideCoins(source.balance, reserved, settings, fees)
  }

  /// One way of getting the energy, with all it costs.
  private struct Option {
    let tokens: Tokens
    let funding: Funding?
    /// What the address must have.
    let reserve: Sun
    let cost: Sun
  }

  /// - Returns: TRX of the address that its token transfer may need.
  private mutating func decideTokens(
    _ source: SweepSource, _ settings: SweepSettings, _ fees: SweepFees, _ products: [Product]
  ) throws -> Sun {
    let balance = source.balance
    guard balance.token > 0 else { return .zero }
    let has = Money(balance.token, .usdt)
    guard balance.token >= settings.minimum.usdt else {
      obstacles.append("\(has) is less than --min-usdt \(Money(settings.minimum.usdt, .usdt).decimal)")
      return .zero
    }
    let energy: Energy
    switch source.estimate {
    case .energy(let tried): energy = tried
    case .refused(let reason):
      obstacles.append("\(has) cannot be moved: \(reason)")
      return .zero
    case .notAsked:
      obstacles.append("\(has): what moving it takes was not asked")
      return .zero
    }
    guard let needed = fees.withMargin(energy) else {
      obstacles.append("\(has): moving it would take \(energy), which no transfer does")
      return .zero
    }
    let feeLimit = try fees.reference.energyFee.multiplied(by: needed.value)
    guard feeLimit <= settings.feeLimitMax, feeLimit <= fees.reference.feeLimitMax else {
      obstacles.append("\(has): moving it may burn \(feeLimit), more than --max-fee-limit")
      return .zero
    }
    guard
      let best = try Self.cheapest(
        try Self.options(balance, energy, needed, feeLimit, settings, fees, products), settings.way)
    else {
      obstacles.append("\(has): no product lends \(needed) for \(settings.lendSeconds) s or longer")
      return .zero
    }
    (tokens, funding) = (best.tokens, best.funding)
    return best.reserve
  }

  private static func options(
    _ balance: SolidBalancesView.Balance, _ energy: Energy, _ needed: Energy, _ feeLimit: Sun,
    _ settings: SweepSettings, _ fees: SweepFees, _ products: [Product]
  ) throws -> [Option] {
    // An account that is created by this sweep has all its free bytes.
    let isFree = !balance.isActivated || settings.countsFreeBandwidth
    let bytes = isFree && fees.reference.freeBandwidth >= SweepFees.tokenBytes ? .zero : fees.token
    func option(reserve: Sun, burns: Sun, _ lending: Lending?) throws -> Option {
      let funding = try funding(of: balance, for: reserve, fees)
      let cost = try burns.adding(lending?.cost ?? .zero).adding(funding?.fee ?? .zero)
      return Option(
        tokens: Tokens(amount: balance.token, feeLimit: feeLimit, fee: burns, lending: lending), funding: funding,
        reserve: reserve, cost: cost)
    }
    let burned = try fees.reference.energyFee.multiplied(by: energy.value).adding(bytes)
    var options = [try option(reserve: try feeLimit.adding(bytes), burns: burned, nil)]
    if let lending = try lending(needed, settings, fees, products) {
      options.append(try option(reserve: bytes, burns: bytes, lending))
    }
    return options
  }

  private static func cheapest(_ options: [Option], _ way: SweepSettings.Way) throws -> Option? {
    let allowed = options.filter { option in
      switch way {
      case .auto: true
      case .burn: option.tokens.lending == nil
      case .lend: option.tokens.lending != nil
      }
    }
    return allowed.min { $0.cost < $1.cost }
  }

  private static func funding(of balance: SolidBalancesView.Balance, for reserve: Sun, _ fees: SweepFees) throws
    -> Funding?
  {
    guard balance.isActivated else {
      // Creating an account takes a transfer of something.
      return Funding(amount: max(reserve, Sun(1)), isActivation: true, fee: fees.activation)
    }
    guard balance.available < reserve else { return nil }
    return Funding(amount: try reserve.subtracting(balance.available), isActivation: false, fee: fees.transfer)
  }

  /// The shortest rental that is long enough.
  private static func lending(
    _ energy: Energy, _ settings: SweepSettings, _ fees: SweepFees, _ products: [Product]
  ) throws -> Lending? {
    let fitting = products.filter { $0.durationSeconds >= settings.lendSeconds && $0.energyMax >= energy }
    guard let product = fitting.min(by: { $0.durationSeconds < $1.durationSeconds }) else { return nil }
    let lent = max(energy, product.energyMin)
    return Lending(
      energy: lent, durationSeconds: product.durationSeconds,
      price: try Sun(product.sunPerEnergy).multiplied(by: lent.value), cost: fees.lending)
  }

  private mutating func decideCoins(
    _ balance: SolidBalancesView.Balance, _ reserved: Sun, _ settings: SweepSettings, _ fees: SweepFees
  ) throws {
    // The free bytes do not last for two transactions.
    let isFree =
      settings.countsFreeBandwidth && tokens == nil && fees.reference.freeBandwidth >= SweepFees.transferBytes
    let fee = isFree ? .zero : fees.transfer
    let spare = try balance.available.subtracting(reserved).subtracting(settings.keep).subtracting(fee)
    guard spare > .zero, spare >= settings.minimum.trx, spare > fee else {
      if balance.available > .zero, tokens == nil {
        let left = Sun(max(0, spare.value))
        obstacles.append(
          "\(balance.available): \(left) after the fee and --keep-trx is not worth it (--min-trx "
            + "\(settings.minimum.trx.trx))")
      }
      return
    }
    coins = Coins(amount: spare, fee: fee)
  }
}
