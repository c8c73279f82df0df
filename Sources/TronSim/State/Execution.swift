/// An event that a contract emitted.
struct EventLog: Sendable, Equatable {
  let contract: Address
  /// The first is the hash of the event's signature; addresses fill a word each.
  let topics: [Word]
  let data: [UInt8]
}

/// TRX that a contract sent on: part of a call, with no transaction of its own.
struct InternalTransfer: Sendable, Equatable {
  let from: Address
  let to: Address
  /// sun
  let amount: Int64
}

/// What a smart-contract call did and what it cost, as its TransactionInfo reports it.
struct Execution: Sendable, Equatable {
  /// java-tron's contractResult with its number.
  enum Outcome: Int64, Sendable {
    case success = 1
    case revert = 2
    case outOfEnergy = 10

    var name: String {
      switch self {
      case .success: "SUCCESS"
      case .revert: "REVERT"
      case .outOfEnergy: "OUT_OF_ENERGY"
      }
    }
  }

  let contract: Address
  var outcome: Outcome
  /// All energy used.
  var energy: Int64
  /// The part of it that the dynamic energy model adds.
  var penalty: Int64 = 0
  /// Energy taken from stake.
  var energyUsage: Int64 = 0
  /// sun burned for the rest
  var energyFee: Int64 = 0
  var output: [UInt8] = []
  var logs: [EventLog] = []
  var transfers: [InternalTransfer] = []
  /// Why it failed.
  var message = ""
}
