import TronKit

struct TronGridSource: ChainSource {
  let name = "trongrid"
  let client: TronGridClient

  var budget: BudgetLevel? { client.budgetLevel }

  func read(_ address: TronAddress) async throws -> ChainReading { ChainReading(try await client.account(address)) }

  func readAgain(_ address: TronAddress) async throws -> ChainReading {
    ChainReading(try await client.with(priority: .refresh).account(address))
  }
}

struct TronScanSource: ChainSource {
  let name = "tronscan"
  let client: TronScanClient

  var budget: BudgetLevel? { client.budgetLevel }

  func read(_ address: TronAddress) async throws -> ChainReading { ChainReading(try await client.account(address)) }

  func readAgain(_ address: TronAddress) async throws -> ChainReading {
    ChainReading(try await client.with(priority: .refresh).account(address))
  }
}

extension ChainReading {
  init(_ balance: ChainBalance) {
    self.init(
      address: balance.address, trx: balance.trx, usdt: balance.usdtMicro, energy: balance.energyAvailable,
      bandwidth: balance.bandwidthAvailable, isActivated: balance.activated, isContract: balance.isContract)
  }
}
