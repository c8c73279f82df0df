import BusKit
import Contracts
import Foundation
import TronKit

/// What it takes to write transfers that are signed elsewhere.
enum TransferQueries {
  static func reference(_ world: TxEnvironment) async throws -> TransactionReferenceView {
    try await asking {
      let (head, solid, parameters) = try await world.nodes.read { node in
        async let head = node.head()
        async let solid = node.solidHead()
        async let parameters = node.chainParameters()
        return (try await head, try await solid, try await parameters)
      }
      func parameter(_ name: String) throws -> Int64 {
        guard let value = parameters[name] else {
          throw QueryFailure(code: "chain_unreachable", message: "the node does not tell \(name): ask another node")
        }
        return value
      }
      return TransactionReferenceView(
        referenceBlock: solid.id.hex, headTimeMs: head.timestamp, token: world.deposits.token,
        energyFee: Sun(try parameter("getEnergyFee")), bandwidthFee: Sun(try parameter("getTransactionFee")),
        accountFee: Sun(try parameter("getCreateNewAccountFeeInSystemContract")),
        accountBandwidthFee: Sun(try parameter("getCreateAccountFee")),
        feeLimitMax: Sun(try parameter("getMaxFeeLimit")), freeBandwidth: try parameter("getFreeNetLimit"))
    }
  }

  static func estimate(_ query: EstimateTokenTransfer, _ world: TxEnvironment) async throws -> TokenTransferEstimate {
    guard query.amount > 0 else {
      throw QueryFailure(code: "invalid_amount", message: "the amount is \(query.amount): give more than 0")
    }
    let data = try TokenCall.transfer(to: query.to, amount: query.amount).data()
    let trial = try await asking {
      try await world.nodes.read { node in
        try await node.triggerConstantContract(owner: query.from, contract: world.deposits.token, data: data)
      }
    }
    if let revert = trial.revert {
      throw QueryFailure(
        code: "refused", message: "\(world.deposits.token) refuses \(query.amount) from \(query.from): \(revert)")
    }
    return TokenTransferEstimate(energy: trial.energyUsed)
  }

  private static func asking<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    do {
      return try await body()
    } catch let error as TronNodeError {
      throw QueryFailure(code: "chain_unreachable", message: "the chain was not read: \(error)")
    }
  }
}
