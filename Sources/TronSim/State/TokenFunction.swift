/// The functions of the built-in USDT contract, by their signatures.
enum TokenFunction: String, CaseIterable, Sendable {
  case transfer = "transfer(address,uint256)"
  case transferFrom = "transferFrom(address,address,uint256)"
  case approve = "approve(address,uint256)"
  case balanceOf = "balanceOf(address)"
  case allowance = "allowance(address,address)"
  case isBlackListed = "isBlackListed(address)"
  case decimals = "decimals()"
  case symbol = "symbol()"
  case name = "name()"
  case totalSupply = "totalSupply()"

  private static let bySelector = Dictionary(
    uniqueKeysWithValues: allCases.map { (Keccak256.hash(Array($0.rawValue.utf8)).prefix(4).map(\.self), $0) })

  /// - Parameter data: a call's data; its first four bytes select the function.
  init?(data: [UInt8]) {
    guard let function = Self.bySelector[Array(data.prefix(4))] else { return nil }
    self = function
  }

  /// Changes nothing, so that a node answers it without a transaction.
  var isView: Bool {
    switch self {
    case .transfer, .transferFrom, .approve: false
    default: true
    }
  }
}

/// The events of a TRC-20 token.
enum TokenEvent {
  static let transfer = Word(Keccak256.hash(Array("Transfer(address,address,uint256)".utf8)))
  static let approval = Word(Keccak256.hash(Array("Approval(address,address,uint256)".utf8)))
}

/// Energy that calls of USDT use on mainnet, the dynamic model's greatest surcharge (factor 3.4) included.
enum TokenEnergy {
  /// A transfer to somebody who holds USDT already.
  static let transfer: Int64 = 64_285
  /// More where a storage slot becomes non-zero: 15,000 of the virtual machine's own, times 4.4.
  static let slotFilled: Int64 = 66_000
  /// An estimate: an allowance that was not zero.
  static let approve: Int64 = 33_764
  /// An estimate: a transfer and a change of the allowance.
  static let transferFrom: Int64 = 92_285
  /// An estimate: the checks that come before a call is given up.
  static let refused: Int64 = 12_320
  /// 935 as recorded, times 4.4.
  static let view: Int64 = 4_114

  /// The surcharge's part of `energy`: 3.4 of 4.4.
  static func penalty(in energy: Int64) -> Int64 { energy - energy * 10 / 44 }
  /// As a contract's state reports it: 10,000 is the whole.
  static let factor: Int64 = 34_000
}

/// Energy of a call that passes TRX on: the virtual machine's CALL with a value, and what surrounds it (an estimate).
enum ForwarderEnergy {
  static let toAccount: Int64 = 12_000
  /// 25,000 more where the account has to be made.
  static let toNewAccount: Int64 = 37_000
}
