/// What an address has, as an index over the chain tells it. For show and for checks ahead of an order; money is
/// credited from blocks only.
public struct ChainBalance: Hashable, Sendable, Codable {
  public let address: TronAddress
  public let trx: Sun
  /// 1/1,000,000 USDT.
  public let usdtMicro: Int64
  public let energyAvailable: Energy
  public let energyLimit: Energy
  /// From stake and the free allowance.
  public let bandwidthAvailable: Int64
  /// Energy can be delegated only to activated addresses.
  public let activated: Bool
  public let isContract: Bool

  public init(
    address: TronAddress, trx: Sun, usdtMicro: Int64, energyAvailable: Energy, energyLimit: Energy,
    bandwidthAvailable: Int64, activated: Bool, isContract: Bool
  ) {
    self.address = address
    self.trx = trx
    self.usdtMicro = usdtMicro
    self.energyAvailable = energyAvailable
    self.energyLimit = energyLimit
    self.bandwidthAvailable = bandwidthAvailable
    self.activated = activated
    self.isContract = isContract
  }
}

/// The USDT contracts of mainnet and of Nile. Tokens are told apart by contract, never by symbol.
public enum USDT {
  /// TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t
  public static let mainnet = TronAddress(hash: [
    0xa6, 0x14, 0xf8, 0x03, 0xb6, 0xfd, 0x78, 0x09, 0x86, 0xa4, 0x2c, 0x78, 0xec, 0x9c, 0x7f, 0x77, 0xe6, 0xde, 0xd1,
    0x3c,
  ])
  /// TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf
  public static let nile = TronAddress(hash: [
    0xec, 0xa9, 0xbc, 0x82, 0x8a, 0x30, 0x05, 0xb9, 0xa3, 0xb9, 0x09, 0xf2, 0xcc, 0x5c, 0x2a, 0x54, 0x79, 0x4d, 0xe0,
    0x5f,
  ])
}
