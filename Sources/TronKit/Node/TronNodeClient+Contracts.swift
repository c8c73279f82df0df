/// What a smart contract answered to a call that changes nothing.
public struct ConstantCall: Hashable, Sendable {
  /// What the same call would cost, the penalty of a busy contract included.
  public let energyUsed: Energy
  /// As ABI words.
  public let result: [UInt8]
  /// Why the contract refused; nil where it did not.
  public let revert: String?

  public init(energyUsed: Energy, result: [UInt8], revert: String? = nil) {
    self.energyUsed = energyUsed
    self.result = result
    self.revert = revert
  }
}

/// A price from a moment of chain time on.
public struct ChainPrice: Hashable, Sendable {
  /// Milliseconds of chain time.
  public let since: Int64
  /// Of one unit.
  public let price: Sun

  public init(since: Int64, price: Sun) {
    self.since = since
    self.price = price
  }
}

extension TronNodeClient {
  // MARK: Smart contracts

  /// Runs a call without a transaction.
  /// - Parameter data: the selector's 4 bytes and the ABI words.
  /// - Throws: `invalid` where the contract does not exist. A call that the contract refuses is an answer.
  public func triggerConstantContract(
    owner: TronAddress, contract: TronAddress, data: [UInt8], solid: Bool = false
  ) async throws -> ConstantCall {
    let answer: ConstantCallAnswer = try await post(
      "triggerconstantcontract", call(owner, contract, data), solid)
    return try interpreted { try answer.call(name) }
  }

  /// What an owner has of a TRC-20 token, in the token's smallest unit.
  /// - Throws: also `malformed` for more than `Int64.max`.
  public func tokenBalance(of owner: TronAddress, contract: TronAddress, solid: Bool = false) async throws -> Int64 {
    let answer = try await triggerConstantContract(
      owner: owner, contract: contract,
      // balanceOf(address)
      data: [0x70, 0xa0, 0x82, 0x31] + [UInt8](repeating: 0, count: 12) + owner.bytes.dropFirst(), solid: solid)
    if let revert = answer.revert { throw TronNodeError(.invalid, "\(contract) refused balanceOf: \(revert)") }
    guard answer.result.count == 32, answer.result.prefix(24).allSatisfy({ $0 == 0 }), answer.result[24] < 0x80 else {
      throw TronNodeError(.malformed, "\(name) gave the balance \(Hex.encode(answer.result.prefix(64))) of \(contract)")
    }
    return answer.result.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
  }

  /// The energy that a call would take. Most public nodes do not offer `estimateenergy`; then it is what the same
  /// call uses when it is run without a transaction.
  /// - Throws: `invalid` where the contract does not exist or refuses the call.
  public func estimateEnergy(
    owner: TronAddress, contract: TronAddress, data: [UInt8]
  ) async throws -> Energy {
    struct Answer: Decodable {
      var result: ConstantCallAnswer.Result?
      var energy_required: Int64?
    }
    do {
      let answer: Answer = try await post("estimateenergy", call(owner, contract, data))
      if let problem = answer.result?.problem(name) { throw problem }
      if let energy = answer.energy_required { return Energy(try NodeNumber.resource(energy, "energy_required")) }
    } catch let error as TronNodeError where error.code == .unsupported {}
    let trial = try await triggerConstantContract(owner: owner, contract: contract, data: data)
    if let revert = trial.revert { throw TronNodeError(.invalid, "\(contract) refused the call: \(revert)") }
    return trial.energyUsed
  }

  private func call(_ owner: TronAddress, _ contract: TronAddress, _ data: [UInt8]) -> [String: NodeParameter] {
    ["owner_address": .address(owner), "contract_address": .address(contract), "data": .text(Hex.encode(data))]
  }

  /// By how much the contract's calls are dearer now because it is busy: 0 for no penalty, 10,000 for twice as much.
  public func energyFactor(of contract: TronAddress) async throws -> Int64 {
    struct Answer: Decodable {
      struct State: Decodable { var energy_factor: Int64? }
      var contract_state: State?
    }
    let answer: Answer = try await post("getcontractinfo", ["value": .address(contract)])
    return try NodeNumber.resource(answer.contract_state?.energy_factor, "energy_factor")
  }

  // MARK: Prices

  /// The prices of energy, oldest first.
  public func energyPrices() async throws -> [ChainPrice] { try await prices("getenergyprices") }

  /// The prices of bandwidth, oldest first.
  public func bandwidthPrices() async throws -> [ChainPrice] { try await prices("getbandwidthprices") }

  private func prices(_ call: String) async throws -> [ChainPrice] {
    struct Answer: Decodable { var prices: String }
    let answer: Answer = try await post(call, [:])
    return try answer.prices.split(separator: ",").map { pair in
      let parts = pair.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let since = Int64(parts[0]), let price = Int64(parts[1]) else {
        throw TronNodeError(.malformed, "\(name) gave the price \(String(pair.prefix(80)).debugDescription)")
      }
      return ChainPrice(
        since: try NodeNumber.checked(since, "a price since", NodeNumber.times),
        price: Sun(try NodeNumber.resource(price, "a price of")))
    }
  }
}

/// The JSON of `triggerconstantcontract`.
struct ConstantCallAnswer: Decodable {
  struct Result: Decodable {
    var result: Bool?
    var code: String?
    var message: String?

    /// Nil where the call was carried out, even if the contract refused it.
    func problem(_ name: String) -> TronNodeError? {
      guard let code, code != "SUCCESS" else { return nil }
      return NodeRefusal.ofCall(name: name, code: code, message: NodeText.readable(message ?? ""))
    }
  }

  struct Transaction: Decodable {
    struct Outcome: Decodable { var ret: String? }
    var ret: [Outcome]?
  }

  var result: Result?
  var energy_used: Int64?
  var constant_result: [String]?
  var transaction: Transaction?

  func call(_ name: String) throws -> ConstantCall {
    if let problem = result?.problem(name) { throw problem }
    guard result?.result == true else { throw TronNodeError(.malformed, "\(name) answered a call without a result") }
    let bytes = try Hex.decode(constant_result?.first ?? "")
    let message = NodeText.readable(result?.message ?? "")
    let isRefused = transaction?.ret?.first?.ret == "FAILED" || !message.isEmpty
    return ConstantCall(
      energyUsed: Energy(try NodeNumber.resource(energy_used, "energy_used")), result: bytes,
      revert: isRefused ? Self.reason(bytes) ?? (message.isEmpty ? "the call failed" : message) : nil)
  }

  /// The text of Solidity's `Error(string)`: its selector, an offset, a length, and the UTF-8.
  private static func reason(_ bytes: [UInt8]) -> String? {
    guard bytes.count >= 68, bytes.starts(with: [0x08, 0xc3, 0x79, 0xa0]) else { return nil }
    let length = bytes[36..<68].reduce(0) { min(1 << 20, $0 << 8 | Int($1)) }
    guard length <= bytes.count - 68 else { return nil }
    return String(decoding: bytes[68..<68 + length], as: UTF8.self)
  }
}
