import Contracts
import Crypto
import Foundation
import TronKit

/// Unsigned transactions that bring customers' deposits to the treasury, in a file for people to read and for
/// `energyctl tron sign` to check: it trusts none of it.
struct SweepPlan: Codable, Sendable, Equatable {
  static let versionKnown = 1
  /// `energyctl tron broadcast` takes as many at once.
  static let transactionsMax = 1_000
  /// The end of the year 9999.
  private static let expirationMsMax: Int64 = 253_402_300_799_000

  enum Purpose: String, Codable, Sendable, CaseIterable {
    /// TRX of the funder to an address without an account, which cannot send or be lent anything.
    case activate
    /// TRX of the funder for the fees of an address.
    case fund
    /// The deposits themselves, to the treasury.
    case sweep
    var isOfDeposits: Bool { self == .sweep }
  }

  /// An extended public key of wallet-svc. Its private one signs what has its fingerprint.
  struct Key: Codable, Sendable, Equatable {
    let generation: Int64
    let fingerprint: String
  }

  /// Energy to be lent to a deposit address before its tokens leave: an order of the owner's own customer.
  struct Order: Codable, Sendable, Equatable {
    /// The body of `POST /v1/orders`.
    struct Request: Codable, Sendable, Equatable {
      let receiver: TronAddress
      let energy: Energy
      let durationSeconds: Int64
      let maxPriceSun: Sun
    }

    /// The same for the same plan and address: sent twice, it is one order.
    let idempotencyKey: String
    let request: Request
    /// What delegating and reclaiming burn of the pool's TRX.
    let costEstimate: Sun
  }

  struct Transaction: Codable, Sendable, Equatable {
    /// From 1, in the order of the steps.
    var number: Int
    let purpose: Purpose
    let currency: Currency
    let from: TronAddress
    let to: TronAddress
    /// For people: `12.5 USDT`.
    var amount: String
    /// Sun or micro-USDT.
    let units: Int64
    /// Where the deposit address stands in the tree: the sender's of a sweep, else the receiver's.
    let generation: Int64
    let fingerprint: String
    let index: Int64
    var path: String
    /// What it burns, if nothing changes until then.
    let feeEstimate: Sun
    /// What its energy may burn at most; 0 for TRX.
    let feeLimit: Sun
    let timestampMs: Int64
    let txid: TransactionID
    let rawDataHex: String

    var deposit: TronAddress { purpose.isOfDeposits ? from : to }
  }

  /// For people. Derived from the rest.
  struct Totals: Codable, Sendable, Equatable {
    let sweptTrx: String
    let sweptUsdt: String
    let funding: String
    let fees: String
    let lending: String
    let priceOfOrders: String
  }

  let version: Int
  /// A UUID.
  let id: String
  let createdAt: Date
  /// Chain time; the same as `expirationMs`, which the transactions carry.
  var expiresAt: Date
  let expirationMs: Int64
  /// The token's contract, by which people know the network.
  let token: TronAddress
  /// The solid block that all transactions reference.
  let referenceBlock: String
  /// Where all deposits go.
  let treasury: TronAddress
  /// Who pays for activating and funding.
  let funder: TronAddress
  let keys: [Key]
  var steps: [String]
  var totals: Totals
  let orders: [Order]
  var transactions: [Transaction]
  /// SHA-256 of all the rest. It tells an accident; against a forger compare it with what `sweep-plan` has printed.
  var digest: String
}

extension SweepPlan {
  /// Everything that follows from the rest, as it has to be.
  /// - Throws: `AmountError` for sums that no ledger holds.
  func sealed() throws -> SweepPlan {
    var plan = self
    plan.expiresAt = Date(timeIntervalSince1970: Double(expirationMs / 1000))
    for place in plan.transactions.indices {
      let transaction = plan.transactions[place]
      plan.transactions[place].number = place + 1
      plan.transactions[place].amount = Money(transaction.units, transaction.currency).description
      plan.transactions[place].path = "m/44'/195'/account'/0/\(transaction.index)"
    }
    plan.totals = try Totals(plan)
    plan.steps = plan.wordsOfSteps
    plan.digest = try plan.computedDigest()
    return plan
  }

  /// What the bytes of one of its transactions have to be.
  func raw(_ transaction: Transaction) throws -> RawTransaction {
    try Self.raw(
      referencing: referenceBlock, expirationMs: expirationMs, timestampMs: transaction.timestampMs,
      feeLimit: transaction.feeLimit,
      contract: Self.contract(
        transaction.currency, from: transaction.from, to: transaction.to, units: transaction.units, token: token))
  }

  static func contract(
    _ currency: Currency, from: TronAddress, to: TronAddress, units: Int64, token: TronAddress
  ) throws -> Contract {
    switch currency {
    case .trx: .transfer(owner: from, to: to, amount: Sun(units))
    case .usdt:
      .triggerSmartContract(try SmartContractCall(owner: from, token: token, .transfer(to: to, amount: units)))
    }
  }

  static func raw(
    referencing block: String, expirationMs: Int64, timestampMs: Int64, feeLimit: Sun, contract: Contract
  ) throws -> RawTransaction {
    RawTransaction(
      referencing: try BlockID(hex: block), expiration: expirationMs, timestamp: timestampMs, feeLimit: feeLimit,
      contract: contract)
  }

  /// The most that the funder gives one address: what a call may burn, and two TRX for bandwidth.
  static func fundingMax(feeLimitMax: Sun) throws -> Sun { try feeLimitMax.adding(Sun(trx: 2)) }

  private var wordsOfSteps: [String] {
    let sweeps = transactions.filter { $0.purpose.isOfDeposits }.count
    let funding = transactions.count - sweeps
    var steps = [
      "Where the keys are, sign the \(sweeps) sweeps to \(treasury) (tron sign --xprv-file)"
        + (funding > 0 ? ", and with the key of \(funder) what activates and funds (tron sign --key-file)." : ".")
    ]
    if funding > 0 {
      steps.append(
        "Broadcast the \(funding) transactions that activate or fund, and wait until they are solid: about a minute.")
    }
    if !orders.isEmpty {
      steps.append(
        "Place the \(orders.count) orders as the owner's own customer, and wait until each is active. The next step "
          + "has to be over before their rentals end.")
    }
    steps.append("Broadcast the sweeps before \(expiresAt.ISO8601Format()).")
    return steps.enumerated().map { "\($0.offset + 1). \($0.element)" }
  }

  private func computedDigest() throws -> String {
    var plan = self
    plan.digest = ""
    return Hex.encode(SHA256.hash(data: try Self.encoder([.sortedKeys]).encode(plan)))
  }

  /// As it stands in the file.
  func encoded() throws -> Data {
    try Self.encoder([.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]).encode(self) + Data("\n".utf8)
  }

  /// - Throws: `SweepRefusal` for what is no plan, or one of another version.
  init(decoding data: Data) throws {
    struct Version: Decodable { let version: Int }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.dateDecodingStrategy = .iso8601
    do {
      let version = try decoder.decode(Version.self, from: data).version
      guard version == Self.versionKnown else {
        throw SweepRefusal(
          .unknownVersion,
          "the plan is of version \(version), this program knows \(Self.versionKnown): take the energyctl that "
            + "wrote it")
      }
      self = try decoder.decode(SweepPlan.self, from: data)
      guard (1...Self.expirationMsMax).contains(expirationMs) else {
        throw SweepRefusal(.notAPlan, "the plan expires \(expirationMs) ms after 1970: that is no time")
      }
    } catch let error as DecodingError {
      throw SweepRefusal(.notAPlan, "this is not a plan as `energyctl deposits sweep-plan` writes it: \(error)")
    }
  }

  private static func encoder(_ formatting: JSONEncoder.OutputFormatting) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = formatting
    return encoder
  }
}

extension SweepPlan.Totals {
  static let none = SweepPlan.Totals(
    sweptTrx: "", sweptUsdt: "", funding: "", fees: "", lending: "", priceOfOrders: "")

  init(_ plan: SweepPlan) throws {
    func sum(_ amounts: some Sequence<Int64>) throws -> Int64 {
      try amounts.reduce(Sun.zero) { try $0.adding(Sun($1)) }.value
    }
    let sweeps = plan.transactions.filter { $0.purpose.isOfDeposits }
    func swept(_ currency: Currency) throws -> String {
      Money(try sum(sweeps.filter { $0.currency == currency }.map(\.units)), currency).description
    }
    sweptTrx = try swept(.trx)
    sweptUsdt = try swept(.usdt)
    funding = Sun(try sum(plan.transactions.filter { !$0.purpose.isOfDeposits }.map(\.units))).description
    fees = Sun(try sum(plan.transactions.map(\.feeEstimate.value))).description
    lending = Sun(try sum(plan.orders.map(\.costEstimate.value))).description
    priceOfOrders = Sun(try sum(plan.orders.map(\.request.maxPriceSun.value))).description
  }
}

/// Why no plan is made, or none is signed.
struct SweepRefusal: Error, Equatable, CustomStringConvertible {
  enum Code: String, Sendable {
    case notAPlan = "not_a_plan"
    case unknownVersion = "unknown_version"
    /// What is derived does not follow from the rest.
    case altered
    /// A transaction's bytes say something else than the plan.
    case bytesDiffer = "bytes_differ"
    case otherTreasury = "other_treasury"
    case otherToken = "other_token"
    case otherNetwork = "other_network"
    case expired
    case limit
    case wrongKey = "wrong_key"
    case nothingToDo = "nothing_to_do"
    case file
  }

  let code: Code
  /// For the terminal. It may quote the file, which anybody may have written.
  let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = Words.safe(description)
  }
}
