import Contracts
import Foundation
import TestKit
import TronKit

/// The orders of a storm, drawn from its seed.
struct StormPlan: Sendable {
  let requests: [OrderRequest]

  /// In thousandths of all orders.
  private enum Share {
    static let notActivated = 15
    static let contract = 15
    static let ownWallet = 10
    static let withdrawn = 60
    static let shortDeadline = 40
    static let large = 8
    static let repeated = 30
    static let early = 250
    static let lasting = 40
  }

  /// Makes the receivers on the simulator: each of those that are activated gets several orders.
  static func make(_ count: Int, _ world: ChainWorld, _ random: inout SeededGenerator) async throws -> StormPlan {
    var receivers: [TronAddress] = []
    for _ in 0..<max(8, count / 6) { receivers.append(try await world.receiver()) }
    let contract = try await world.contract()
    var requests: [OrderRequest] = []
    for _ in 0..<count {
      var request = OrderRequest(receiver: receivers.randomElement(using: &random) ?? contract)
      request.energy = Energy(Int64.random(in: 32_000...131_000, using: &random))
      request.durationSeconds = Int64.random(in: 1...4, using: &random)
      request.isRepeated = random.chance(Share.repeated)
      request.asksEarly = random.chance(Share.early)
      try vary(&request, contract, world, &random)
      requests.append(request)
    }
    return StormPlan(requests: requests)
  }

  private static func vary(
    _ request: inout OrderRequest, _ contract: TronAddress, _ world: ChainWorld, _ random: inout SeededGenerator
  ) throws {
    var draw = Int.random(in: 0..<1000, using: &random)
    func falls(_ share: Int) -> Bool {
      defer { draw -= share }
      return draw >= 0 && draw < share
    }
    if falls(Share.notActivated) {
      request.receiver = try PrivateKey.generate().address
      request.mustFail = .receiverNotActivated
    } else if falls(Share.contract) {
      request.receiver = contract
      request.mustFail = .receiverIsContract
    } else if falls(Share.ownWallet) {
      request.receiver = world.suppliers.randomElement(using: &random) ?? contract
      request.mustFail = .receiverNotAllowed
    } else if falls(Share.withdrawn) {
      request.withdrawAfter = Double.random(in: 0...3, using: &random)
    } else if falls(Share.shortDeadline) {
      request.deadlineAfter = Double.random(in: 0.02...0.8, using: &random)
    } else if falls(Share.lasting) {
      // Asked back at once, so that it is tx-svc that has to wait for the end.
      request.durationSeconds = OrderRequest.lastingSeconds
      request.asksEarly = true
    } else if falls(Share.large) {
      // More than one wallet carries: split.
      let carried = world.options.supplierStakeTRX * 9
      request.energy = Energy(Int64.random(in: carried...carried * 6 / 5, using: &random))
    }
  }
}
