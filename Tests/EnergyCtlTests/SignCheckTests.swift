import Contracts
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

@Suite("A plan is checked before it is signed")
struct SignCheckTests {
  private let samples: SweepSamples
  private let plan: SweepPlan

  init() throws {
    samples = try SweepSamples()
    plan = try samples.plan()
  }

  /// A plan in which one place of the JSON is another.
  struct Altered {
    /// Without the places in lists: `transactions.to`.
    let name: String
    let data: Data
  }

  private func altered() throws -> [Altered] {
    let tree = try JSONSerialization.jsonObject(with: try plan.encoded())
    var found: [Altered] = []
    func walk(_ node: Any, _ name: String, _ rebuild: @escaping (Any) -> Any) throws {
      if let fields = node as? [String: Any] {
        for (key, value) in fields {
          try walk(value, name.isEmpty ? key : "\(name).\(key)") { new in
            rebuild(fields.merging([key: new]) { $1 })
          }
        }
      } else if let list = node as? [Any] {
        for (place, value) in list.enumerated() {
          try walk(value, name) { new in
            var list = list
            list[place] = new
            return rebuild(list)
          }
        }
      } else {
        for other in try Self.others(than: node) {
          found.append(Altered(name: name, data: try JSONSerialization.data(withJSONObject: rebuild(other))))
        }
      }
    }
    try walk(tree, "") { $0 }
    return found
  }

  private static func others(than value: Any) throws -> [Any] {
    if let number = value as? NSNumber { return [NSNumber(value: number.int64Value + 1)] }
    guard let text = value as? String else { return [] }
    if text.hasPrefix("T"), text.count == 34 {
      return [try PrivateKey(bytes: [UInt8](repeating: 9, count: 32)).address.base58]
    }
    if let purpose = SweepPlan.Purpose(rawValue: text) {
      return SweepPlan.Purpose.allCases.filter { $0 != purpose }.map(\.rawValue)
    }
    if let currency = Currency(rawValue: text) {
      return Currency.allCases.filter { $0 != currency }.map(\.rawValue)
    }
    if text.hasSuffix("Z"), text.contains("T") { return [text.dropLast(2) + (text.hasSuffix("1Z") ? "2Z" : "1Z")] }
    guard text.allSatisfy(\.isHexDigit) else { return [text + "x"] }
    return [text.dropLast() + (text.hasSuffix("0") ? "1" : "0")]
  }

  @Test("as it was written it is accepted, and read from its bytes")
  func accepted() throws {
    let raws = try samples.check(digest: String(plan.digest.prefix(16)).uppercased()).check(plan)
    #expect(raws.map { Hex.encode($0.encoded()) } == plan.transactions.map(\.rawDataHex))
    let read = try SweepPlan(decoding: try plan.encoded())
    #expect(try samples.check().check(read).count == 6)
  }

  @Test("one altered letter or number anywhere is refused")
  func everyField() throws {
    let altered = try altered()
    #expect(altered.count > 120)
    for change in altered {
      #expect(throws: SweepRefusal.self, "\(change.name)") {
        _ = try samples.check().check(try SweepPlan(decoding: change.data))
      }
    }
  }

  /// What a forger can do who writes the digest and all sums anew. What is left to him moves nothing: words, estimates,
  /// and orders that nobody signs.
  @Test("a forger's change of anything that is signed is refused")
  func everyFieldResealed() throws {
    let original = try samples.check().check(plan)
    var harmless: Set<String> = []
    var refused: Set<String> = []
    for change in try altered() {
      do {
        let forged = try SweepPlan(decoding: change.data).sealed()
        let raws = try samples.check().check(forged)
        #expect(raws == original, "\(change.name)")
        #expect(forged.transactions.map(\.to) == plan.transactions.map(\.to), "\(change.name)")
        harmless.insert(change.name)
      } catch is SweepRefusal {
        refused.insert(change.name)
      }
    }
    #expect(
      refused.subtracting(harmless) == [
        "version", "id", "expiration_ms", "token", "treasury", "funder", "keys.generation",
        "keys.fingerprint", "orders.request.receiver", "transactions.currency", "transactions.from", "transactions.to",
        "transactions.units", "transactions.generation", "transactions.fingerprint", "transactions.index",
        "transactions.fee_limit", "transactions.timestamp_ms", "transactions.txid", "transactions.raw_data_hex",
      ])
    let words = Set([
      "created_at", "expires_at", "steps", "digest", "transactions.number", "transactions.amount",
      "transactions.path", "transactions.fee_estimate", "orders.idempotency_key", "orders.cost_estimate",
      "orders.request.energy", "orders.request.duration_seconds", "orders.request.max_price_sun",
      // Whether an address is activated or funded is one and the same transfer.
      "transactions.purpose",
      // Ten bytes of it are in a transaction; what was altered is behind them.
      "reference_block",
    ])
    #expect(harmless.filter { !$0.hasPrefix("totals.") } == words)
  }

  /// One transaction made anew, with its own id, in a plan sealed anew.
  private func forged(
    at place: Int, to: TronAddress? = nil, _ change: (inout RawTransaction) -> Void = { _ in }
  ) throws -> SweepPlan {
    var plan = plan
    let old = plan.transactions[place]
    var raw = try plan.raw(old)
    if let to {
      raw.contract = try SweepPlan.contract(old.currency, from: old.from, to: to, units: old.units, token: plan.token)
    }
    change(&raw)
    plan.transactions[place] = SweepPlan.Transaction(
      number: old.number, purpose: old.purpose, currency: old.currency, from: old.from, to: to ?? old.to,
      amount: old.amount, units: old.units, generation: old.generation, fingerprint: old.fingerprint, index: old.index,
      path: old.path, feeEstimate: old.feeEstimate, feeLimit: Sun(raw.feeLimit), timestampMs: raw.timestamp,
      txid: raw.id, rawDataHex: Hex.encode(raw.encoded()))
    return try plan.sealed()
  }

  @Test("nothing that a forged plan says steers the terminal", arguments: [
    "\u{1B}[1A\u{1B}[2K1 × USDT: 1 USDT", "\u{202E}", "\u{2028}", "\u{9B}2J",
  ])
  func escapes(text: String) throws {
    var tree = try #require(try JSONSerialization.jsonObject(with: try plan.encoded()) as? [String: Any])
    tree["id"] = text
    let forged = try SweepPlan(decoding: try JSONSerialization.data(withJSONObject: tree)).sealed()
    tree["token"] = text
    let broken = try JSONSerialization.data(withJSONObject: tree)
    let attempts: [() throws -> Void] = [
      { _ = try samples.check().check(forged) }, { _ = try SweepPlan(decoding: broken) },
    ]
    for attempt in attempts {
      let refusal = try #require(throws: SweepRefusal.self) { try attempt() }
      let steering: Set<UInt32> = [0x9B, 0x202E, 0x2028]
      #expect(refusal.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && !steering.contains($0.value) })
    }
  }

  @Test("no deposit goes anywhere but to the address on the command line", arguments: [2, 5])
  func redirected(place: Int) throws {
    let thief = try PrivateKey(bytes: [UInt8](repeating: 9, count: 32)).address
    let code = try SweepSamples.refusal { _ = try samples.check().check(try forged(at: place, to: thief)) }
    #expect(code == .otherTreasury)
    // Nor to another deposit address of the same wallet.
    let other = try samples.xpub.child(55).address
    let toOther = try SweepSamples.refusal { _ = try samples.check().check(try forged(at: place, to: other)) }
    #expect(toOther == .otherTreasury)
    #expect(try SweepSamples.refusal { _ = try samples.check(to: thief).check(plan) } == .otherTreasury)
  }

  @Test("the funder's TRX goes to derived deposit addresses only", arguments: [0, 1])
  func fundingElsewhere(place: Int) throws {
    let thief = try PrivateKey(bytes: [UInt8](repeating: 9, count: 32)).address
    let code = try SweepSamples.refusal { _ = try samples.check().check(try forged(at: place, to: thief)) }
    #expect(code == .wrongKey)
  }

  @Test("what stands in the bytes beside the transfer is refused", arguments: [0, 2, 5])
  func beside(place: Int) throws {
    let changes: [(inout RawTransaction) -> Void] = [
      { $0.data = Array("memo".utf8) }, { $0.permissionID = 2 }, { $0.expiration += 60_000 },
      { $0.refBlockHash = [UInt8](repeating: 1, count: 8) }, { $0.refBlockBytes = [1, 1] },
      { raw in
        if case .triggerSmartContract(var call) = raw.contract {
          call.value = Sun(1)
          raw.contract = .triggerSmartContract(call)
        } else {
          raw.contract = .freezeBalance(owner: raw.contract.owner ?? .zero, resource: .energy, balance: Sun(5))
        }
      },
      { raw in
        guard case .triggerSmartContract(var call) = raw.contract else { return raw.feeLimit = 1 << 40 }
        call.data[3] ^= 1
        raw.contract = .triggerSmartContract(call)
      },
      { raw in
        guard case .triggerSmartContract(var call) = raw.contract else { return raw.permissionID = 3 }
        call.contract = USDT.nile
        raw.contract = .triggerSmartContract(call)
      },
    ]
    for (number, change) in changes.enumerated() {
      #expect(throws: SweepRefusal.self, "change \(number)") {
        _ = try samples.check().check(try forged(at: place, change))
      }
    }
  }

  @Test("the same sweep twice is refused")
  func twice() throws {
    var doubled = plan
    let again = try forged(at: 5) { $0.timestamp += 1_000 }.transactions[5]
    doubled.transactions.append(again)
    #expect(try SweepSamples.refusal { _ = try samples.check().check(try doubled.sealed()) } == .altered)
  }

  @Test("limits hold: fees, funding, time")
  func limits() throws {
    #expect(try SweepSamples.refusal { _ = try samples.check(feeLimitMax: 7_714_199).check(plan) } == .limit)
    _ = try samples.check(feeLimitMax: 7_714_200).check(plan)
    let expiry = plan.expiresAt
    #expect(try SweepSamples.refusal { _ = try samples.check(now: expiry).check(plan) } == .expired)
    _ = try samples.check(now: expiry.addingTimeInterval(-1)).check(plan)
    // A clock that is a day behind would sign what has long expired.
    #expect(
      try SweepSamples.refusal { _ = try samples.check(now: expiry.addingTimeInterval(-26 * 3_600)).check(plan) }
        == .expired)
  }

  @Test("an address is never given more than fees can take")
  func generousFunding() throws {
    let draft = try samples.draft(of: [try samples.source(usdt: 100_000_000)])
    let funded = try draft.plan(id: UUID(), createdAt: SweepSamples.now)
    var generous = funded
    let raw = try SweepPlan.raw(
      referencing: funded.referenceBlock, expirationMs: funded.expirationMs, timestampMs: 5, feeLimit: .zero,
      contract: .transfer(owner: samples.treasury, to: samples.xpub.child(0).address, amount: Sun(52_000_001)))
    let old = funded.transactions[0]
    generous.transactions[0] = SweepPlan.Transaction(
      number: 1, purpose: .fund, currency: .trx, from: old.from, to: old.to, amount: "", units: 52_000_001,
      generation: 1, fingerprint: old.fingerprint, index: 0, path: "", feeEstimate: .zero, feeLimit: .zero,
      timestampMs: 5, txid: raw.id, rawDataHex: Hex.encode(raw.encoded()))
    #expect(try SweepSamples.refusal { _ = try samples.check().check(try generous.sealed()) } == .limit)
  }

  @Test("another token, network, version or digest is refused")
  func others() throws {
    #expect(try SweepSamples.refusal { _ = try samples.check(token: USDT.nile).check(plan) } == .otherToken)
    var draft = try SweepDraft(samples.settings, SweepSamples.reference(token: USDT.nile), SweepSamples.products)
    try draft.add(try samples.source(usdt: 100_000_000))
    let nile = try draft.plan(id: UUID(), createdAt: SweepSamples.now)
    #expect(try SweepSamples.refusal { _ = try samples.check().check(nile) } == .otherToken)
    #expect(try samples.check(token: USDT.nile).check(nile).count == 2)
    // One transaction of another network in a plan of this one.
    var mixed = plan
    mixed.transactions[3] = nile.transactions[1]
    #expect(throws: SweepRefusal.self) { _ = try samples.check().check(try mixed.sealed()) }
    let digest = String(plan.digest.reversed())
    #expect(try SweepSamples.refusal { _ = try samples.check(digest: digest).check(plan) } == .altered)
    let short = String(plan.digest.prefix(15))
    #expect(try SweepSamples.refusal { _ = try samples.check(digest: short).check(plan) } == .altered)
    for (text, code) in [
      ("{\"version\":2}", SweepRefusal.Code.unknownVersion), ("{\"version\":1}", .notAPlan), ("[]", .notAPlan),
      ("", .notAPlan), ("{}", .notAPlan),
    ] {
      #expect(try SweepSamples.refusal { _ = try SweepPlan(decoding: Data(text.utf8)) } == code, "\(text)")
    }
  }

  @Test("an absurd time or sum is refused and harms nobody")
  func absurd() throws {
    let text = String(decoding: try plan.encoded(), as: UTF8.self)
    for time in ["9223372036854775807", "-1", "0"] {
      let other = text.replacingOccurrences(of: "\(plan.expirationMs)", with: time)
      #expect(try SweepSamples.refusal { _ = try SweepPlan(decoding: Data(other.utf8)) } == .notAPlan)
    }
    let sums = text.replacingOccurrences(of: ": 100000000\n", with: ": \(Int64.max)\n")
    #expect(sums != text)
    let code = try SweepSamples.refusal { _ = try samples.check().check(try SweepPlan(decoding: Data(sums.utf8))) }
    #expect(code == .altered)
  }

  @Test("a key of another wallet or account, or none, is refused and named by its fingerprint")
  func otherKeys() throws {
    let stranger = try ExtendedPrivateKey(seed: [UInt8](repeating: 3, count: 32)).tronAddresses()
    let others = [SignKeys(), try wallet(stranger), try wallet(try samples.wallet.tronAddresses(account: 1))]
    for keys in others {
      #expect(try SweepSamples.refusal { _ = try samples.check(keys: keys).check(plan) } == .wrongKey)
    }
  }

  private func wallet(_ key: ExtendedPrivateKey) throws -> SignKeys {
    var keys = SignKeys()
    try keys.add(key, accounts: [0])
    return keys
  }
}
