import BusKit
import Contracts
import Foundation
import TronKit

/// Asks over the bus for what a plan needs.
struct SweepInquiry: Sendable {
  /// A million addresses.
  private static let pagesMax = 10_000
  /// Balances of a hundred addresses are several calls of a node for each.
  private static let patience: Duration = .seconds(90)

  let client: BusClient

  /// - Returns: the filled draft, and what a person should know beforehand.
  func draft(_ settings: SweepSettings) async throws -> (draft: SweepDraft, warnings: [String]) {
    let reference = try await client.ask(GetTransactionReference(), within: Self.patience)
    let products = try await client.ask(GetPrices()).products
    var warnings = try Self.judge(try await client.ask(GetDepositStatus()), settings)
    let ours = try await balances(of: Array(Set([settings.treasury, settings.funder])), reference)
    guard let treasury = ours[settings.treasury], let funder = ours[settings.funder] else {
      throw SweepRefusal(.otherTreasury, "tx-svc did not say what the treasury has")
    }
    guard treasury.isActivated else {
      throw SweepRefusal(
        .otherTreasury, "\(settings.treasury) has no account on chain: send it TRX first, or look at it again")
    }
    for own in Set(ours.values.filter { !$0.isWatched }.map(\.address.base58)).sorted() {
      warnings.append("tx-svc does not watch \(own): what it pays and gets is not posted")
    }
    var draft = try SweepDraft(settings, reference, products)
    var after: DepositAddressPlace?
    for _ in 0..<Self.pagesMax {
      let page = try await client.ask(ListDepositAddresses(after: after), within: Self.patience)
      try await add(page.addresses, to: &draft, reference)
      after = page.next
      if after == nil || draft.isFull { break }
    }
    warnings += try Self.warnings(draft, funder, isComplete: after == nil)
    warnings += try await refused(draft)
    return (draft, warnings)
  }

  /// Deposits that an operator has refused, and that this sweep takes along.
  private func refused(_ draft: SweepDraft) async throws -> [String] {
    let chosen = Set(draft.chosen.map(\.source.entry.address))
    var found: [String] = []
    var before: Int64?
    for _ in 0..<Self.pagesMax {
      let page = try await client.ask(GetDeposits(state: .refused, before: before), within: Self.patience)
      for deposit in page.deposits where chosen.contains(deposit.address) {
        guard let money = deposit.money else { continue }
        found.append(
          "\(money) on \(deposit.address) is a refused deposit (\(deposit.id)): once swept, give it back from the "
            + "treasury")
      }
      before = page.next
      if before == nil { break }
    }
    return found
  }

  private func add(
    _ entries: [DepositAddressList.Entry], to draft: inout SweepDraft, _ reference: TransactionReferenceView
  ) async throws {
    guard !entries.isEmpty else { return }
    let found = try await balances(of: entries.map(\.address), reference)
    for entry in entries where !draft.isFull {
      guard let balance = found[entry.address] else {
        throw SweepRefusal(.notAPlan, "tx-svc did not say what \(entry.address) has")
      }
      var source = SweepSource(entry: entry, balance: balance)
      if SweepDecision.wantsEstimate(balance, draft.settings) {
        source.estimate = try await estimate(balance, to: draft.settings.treasury)
      }
      try draft.add(source)
    }
  }

  private func balances(of addresses: [TronAddress], _ reference: TransactionReferenceView) async throws
    -> [TronAddress: SolidBalancesView.Balance]
  {
    let view = try await client.ask(GetSolidBalances(addresses: addresses), within: Self.patience)
    guard view.token == reference.token else {
      throw SweepRefusal(
        .otherNetwork, "tx-svc's replicas have different tokens, \(view.token) and \(reference.token): stop one")
    }
    return Dictionary(view.balances.map { ($0.address, $0) }) { first, _ in first }
  }

  private func estimate(_ balance: SolidBalancesView.Balance, to treasury: TronAddress) async throws
    -> SweepSource.Estimate
  {
    do {
      let question = EstimateTokenTransfer(from: balance.address, to: treasury, amount: balance.token)
      return .energy(try await client.ask(question, within: Self.patience).energy)
    } catch let failure as QueryFailure where failure.code == "refused" {
      return .refused(failure.message)
    }
  }

  /// - Throws: `SweepRefusal` where wallet-svc knows the owner's addresses and this is none of them.
  static func judge(_ status: DepositStatusView, _ settings: SweepSettings) throws -> [String] {
    guard !status.treasury.isEmpty else {
      return [
        "wallet-svc knows no address of the treasury (ENERGY_TREASURY_ADDRESSES), so \(settings.treasury) was not "
          + "checked, and a sweep to it is posted as money that left"
      ]
    }
    guard status.treasury.contains(settings.treasury) else {
      throw SweepRefusal(
        .otherTreasury,
        "\(settings.treasury) is not in wallet-svc's ENERGY_TREASURY_ADDRESSES: "
          + status.treasury.map(\.base58).joined(separator: ", "))
    }
    guard settings.funder == settings.treasury || status.treasury.contains(settings.funder) else {
      return ["\(settings.funder), which pays for funding, is no address of the treasury"]
    }
    return []
  }

  static func warnings(_ draft: SweepDraft, _ funder: SolidBalancesView.Balance, isComplete: Bool) throws -> [String] {
    var warnings: [String] = []
    if draft.isFull || !isComplete {
      warnings.append(
        "there is more than --max-transactions \(draft.settings.transactionsMax) can move: make another plan later")
    }
    let needed = try draft.chosen.compactMap(\.decision.funding).reduce(Sun.zero) {
      try $0.adding($1.amount).adding($1.fee)
    }
    if needed > funder.available {
      warnings.append(
        "\(funder.address) has \(funder.available), and activating and funding take \(needed): send it TRX first")
    }
    return warnings
  }
}
