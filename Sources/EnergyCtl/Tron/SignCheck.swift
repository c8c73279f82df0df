import Contracts
import Foundation
import TronKit

/// Holds a plan against what the operator says and what its transactions' bytes say. Pure. It trusts nothing of the
/// plan: where money goes is the operator's word, whose it is follows from the extended key.
struct SignCheck: Sendable {
  /// As the operator has given it.
  let treasury: TronAddress
  /// Nil: only USDT on TRON's main network is signed for.
  let token: TronAddress?
  /// What `sweep-plan` has printed, or its beginning; nil: not compared.
  let digest: String?
  let feeLimitMax: Sun
  let keys: SignKeys
  let now: Date

  /// Digits of a digest that are enough to tell it from others.
  static let digestDigitsMin = 16

  /// - Returns: what each transaction of the plan is made of, read from its bytes, in the plan's order.
  /// - Throws: `SweepRefusal` for the first thing that is not as it has to be.
  func check(_ plan: SweepPlan) throws -> [RawTransaction] {
    try checkWhole(plan)
    var raws: [RawTransaction] = []
    var purposes: Set<[String]> = []
    for transaction in plan.transactions {
      do {
        raws.append(try check(transaction, of: plan))
      } catch let refusal as SweepRefusal {
        throw SweepRefusal(refusal.code, "transaction \(transaction.number): \(refusal.description)")
      } catch let error as KeyError {
        throw error
      } catch {
        throw SweepRefusal(.bytesDiffer, "transaction \(transaction.number): \(error)")
      }
      let purpose = [
        transaction.deposit.base58, transaction.currency.rawValue, transaction.purpose.isOfDeposits ? "sweep" : "fund",
      ]
      guard purposes.insert(purpose).inserted else {
        throw SweepRefusal(
          .altered, "transaction \(transaction.number) does for \(transaction.deposit) what another does already")
      }
    }
    return raws
  }

  private func checkWhole(_ plan: SweepPlan) throws {
    if let digest {
      guard digest.count >= Self.digestDigitsMin, plan.digest.hasPrefix(digest.lowercased()) else {
        throw SweepRefusal(.altered, "the plan's digest is \(plan.digest.prefix(64)), not that of --digest")
      }
    }
    let sealed: SweepPlan
    do {
      sealed = try plan.sealed()
    } catch {
      throw SweepRefusal(.altered, "the plan's sums cannot be: \(error)")
    }
    guard sealed == plan else {
      throw SweepRefusal(.altered, "the plan is not as it was written: its sums, steps or digest do not follow from it")
    }
    // It is shown before the question, and is a part of the orders' keys.
    guard UUID(uuidString: plan.id)?.uuidString.lowercased() == plan.id else {
      throw SweepRefusal(.altered, "the plan's id is '\(plan.id.prefix(40))': it has to be a UUID in small letters")
    }
    guard plan.treasury == treasury else {
      throw SweepRefusal(.otherTreasury, "the plan sweeps to \(plan.treasury), but --to is \(treasury)")
    }
    guard plan.token == token ?? USDT.mainnet else {
      throw SweepRefusal(
        .otherToken,
        "the plan is of the token \(plan.token), not \(token ?? USDT.mainnet): on another network give its token with "
          + "--token")
    }
    guard (1...SweepPlan.transactionsMax).contains(plan.transactions.count) else {
      throw SweepRefusal(
        .limit, "the plan has \(plan.transactions.count) transactions: 1 to \(SweepPlan.transactionsMax) are signed")
    }
    guard now < plan.expiresAt else {
      throw SweepRefusal(
        .expired,
        "the plan expired at \(plan.expiresAt.ISO8601Format()) (it is \(now.ISO8601Format()) here): make another")
    }
    guard plan.expiresAt < now.addingTimeInterval(24 * 3600 + 3600) else {
      throw SweepRefusal(
        .expired,
        "the plan expires at \(plan.expiresAt.ISO8601Format()), more than a day from now (\(now.ISO8601Format())): the "
          + "chain takes nothing like that. Is this machine's clock right?")
    }
    let swept = Set(plan.transactions.filter { $0.purpose.isOfDeposits }.map(\.from))
    for order in plan.orders where !swept.contains(order.request.receiver) {
      throw SweepRefusal(.altered, "the plan lends energy to \(order.request.receiver), from which it sweeps nothing")
    }
  }

  private func check(_ transaction: SweepPlan.Transaction, of plan: SweepPlan) throws -> RawTransaction {
    let bytes: [UInt8]
    let raw: RawTransaction
    do {
      bytes = try Hex.decode(transaction.rawDataHex)
      raw = try RawTransaction(decodingExactly: bytes)
    } catch {
      throw SweepRefusal(.bytesDiffer, "its bytes cannot be read in full: \(error)")
    }
    guard raw.id == transaction.txid else {
      throw SweepRefusal(.bytesDiffer, "its bytes have the id \(raw.id), the plan says \(transaction.txid)")
    }
    try compare(raw, transaction, plan)
    // Whatever was not looked at one by one: a memo, a permission, TRX sent along.
    guard try plan.raw(transaction).encoded() == bytes else {
      throw SweepRefusal(.bytesDiffer, "its bytes say more than the plan: a memo, a permission, or value sent along")
    }
    try checkEnds(transaction, plan)
    return raw
  }

  private func compare(_ raw: RawTransaction, _ transaction: SweepPlan.Transaction, _ plan: SweepPlan) throws {
    let block = try BlockID(hex: plan.referenceBlock)
    guard raw.refBlockBytes == block.refBlockBytes, raw.refBlockHash == block.refBlockHash else {
      throw SweepRefusal(.otherNetwork, "it references another block than the plan: is it of another network?")
    }
    func same(_ what: String, _ bytes: some Equatable, _ said: some Equatable) throws {
      guard "\(bytes)" == "\(said)" else {
        throw SweepRefusal(.bytesDiffer, "its bytes say \(what) \(bytes), the plan says \(said)")
      }
    }
    try same("expiration", raw.expiration, plan.expirationMs)
    try same("fee limit", raw.feeLimit, transaction.feeLimit.value)
    let said: (currency: Currency, from: TronAddress, to: TronAddress, units: Int64)
    switch raw.contract {
    case .transfer(let owner, let to, let amount): said = (.trx, owner, to, amount.value)
    case .triggerSmartContract(let call):
      guard call.contract == plan.token else {
        throw SweepRefusal(.otherToken, "it calls \(call.contract), the plan's token is \(plan.token)")
      }
      guard case .transfer(let to, let amount) = try TokenCall(decoding: call.data) else {
        throw SweepRefusal(.bytesDiffer, "it calls another function of the token than transfer")
      }
      said = (.usdt, call.owner, to, amount)
    default:
      throw SweepRefusal(.bytesDiffer, "it is a \(raw.contract.name): only transfers of TRX and the token are signed")
    }
    try same("currency", said.currency.rawValue, transaction.currency.rawValue)
    try same("from", said.from, transaction.from)
    try same("to", said.to, transaction.to)
    try same("amount", said.units, transaction.units)
  }

  /// Who pays whom, and how much at most.
  private func checkEnds(_ transaction: SweepPlan.Transaction, _ plan: SweepPlan) throws {
    guard transaction.units > 0 else { throw SweepRefusal(.limit, "it moves \(transaction.units)") }
    guard transaction.feeLimit >= .zero, transaction.feeLimit <= feeLimitMax else {
      throw SweepRefusal(
        .limit, "it may burn \(transaction.feeLimit) for energy: more than --max-fee-limit \(feeLimitMax.trx)")
    }
    let derived = try keys.address(transaction.fingerprint, transaction.index)
    guard plan.keys.contains(.init(generation: transaction.generation, fingerprint: transaction.fingerprint)) else {
      throw SweepRefusal(.altered, "its key is not among the plan's keys")
    }
    guard transaction.deposit == derived else {
      throw SweepRefusal(
        .wrongKey, "\(transaction.deposit) is not the deposit address of \(transaction.path), which is \(derived)")
    }
    guard derived != treasury, derived != plan.funder else {
      throw SweepRefusal(.otherTreasury, "\(derived) is a deposit address and cannot be the treasury or the funder")
    }
    if transaction.purpose.isOfDeposits {
      guard transaction.to == treasury else {
        throw SweepRefusal(.otherTreasury, "it sends to \(transaction.to), not to the treasury \(treasury)")
      }
    } else {
      let most = try SweepPlan.fundingMax(feeLimitMax: feeLimitMax)
      guard transaction.currency == .trx, transaction.from == plan.funder, transaction.units <= most.value else {
        throw SweepRefusal(
          .limit,
          "funding is TRX of \(plan.funder), at most \(most): this is \(transaction.amount) of \(transaction.from)")
      }
    }
  }
}
