import TronKit

struct TronGridSource: ChainSource {
  let name = "trongrid"
  let client: TronGridClient
  func read(_ address: TronAddress) async throws -> ChainReading { ChainReading(try await client.account(address)) }
}

struct TronScanSource: ChainSource {
  let name = "tronscan"
  let client: TronScanClient
  func read(_ address: TronAddress) async throws -> ChainReading { ChainReading(try await client.account(address)) }
}

extension ChainReading {
  init(_ balance: ChainBalance) {
    self.init(
      address: balance.address, trx: balance.trx, usdt: balance.usdtMicro, energy: balance.energyAvailable,
      bandwidth: balance.bandwidthAvailable, isActivated: balance.activated, isContract: balance.isContract)
  }
}
