import Contracts
import Crypto
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

/// The last checks before a key is touched (I13).
@Suite("The signer")
struct SigningRulesTests {
  static let rules = SigningRules(limits: SigningLimits(), orderKey: Samples.orderKey)

  /// Everything that a request is made of, so that a test can change one thing.
  struct World {
    let key: PrivateKey
    let signer: Signer
    var request: SigningRequest

    init(_ purpose: StoredTransaction.Purpose = .delegate, permission: Int = 2) throws {
      key = try PrivateKey.generate()
      let ring = try KeyRing(text: FernetTests.key)
      signer = Signer(ring: ring)
      var wallet = try Samples.wallet(1, trx: 10_000)
      wallet = SupplierWallet(
        address: key.address, encryptedKey: try ring.seal(key, at: Samples.now), keyID: ring.primaryID,
        permissionID: permission, isEnabled: true, delegatable: wallet.delegatable, reserved: .zero, delegated: .zero,
        bandwidth: 0, balance: .zero, figuresBlock: 0, refreshAt: Samples.now, addedAt: Samples.now)
      var delegation = Delegation(try Samples.message(), correlation: "", now: Samples.now)
      let leg = Leg(
        id: "\(Samples.order)/1", orderID: Samples.order, supplier: key.address, energy: Energy(65_000),
        stake: Sun(7_000_000), state: purpose == .delegate ? .planned : .solid, isCounted: false)
      if purpose == .reclaim {
        delegation.state = .reclaiming
        delegation.startedAtMs = 1_000_000
        delegation.endsAtMs = 1_000_000 + 3_600_000
        delegation.reclaimSeal = .reclaim(
          order: delegation.id, receiver: delegation.receiver, endsAt: Date(chainMilliseconds: 4_600_000),
          key: Samples.orderKey)
      }
      request = SigningRequest(
        purpose: purpose, delegation: delegation, leg: leg, wallet: wallet, isReceiverOurs: false, signing: nil,
        reference: try Samples.block(9), headTimeMs: 5_000_000, timestampMs: 5, now: Samples.now)
    }

    func sign() throws -> StoredTransaction { try signer.sign(request, SigningRulesTests.rules) }
  }

  @Test("signs what order-svc asked for, and what is signed is read back from its own bytes", arguments: [0, 2, 9])
  func signs(permission: Int) throws {
    var world = try World(permission: permission)
    let stored = try world.sign()
    let signed = try SignedTransaction(decoding: stored.bytes)
    let raw = try signed.raw()
    #expect(try signed.signers() == [world.key.address])
    #expect(stored.id == signed.id)
    #expect(raw.permissionID == Int32(permission))
    #expect(raw.expiration == 5_060_000)
    #expect(stored.expirationMs == raw.expiration)
    #expect(
      raw.contract
        == .delegateResource(
          owner: world.key.address, receiver: try Samples.address(0xaa), resource: .energy, balance: Sun(7_000_000),
          lock: false, lockPeriod: 0))
    #expect(try world.sign().id == stored.id, "the same millisecond is the same transaction")
    world.request.timestampMs += 1
    #expect(try world.sign().id != stored.id, "a millisecond later is another")
  }

  @Test("takes back exactly what was lent")
  func takesBack() throws {
    let world = try World(.reclaim)
    let raw = try SignedTransaction(decoding: try world.sign().bytes).raw()
    #expect(
      raw.contract
        == .undelegateResource(
          owner: world.key.address, receiver: try Samples.address(0xaa), resource: .energy, balance: Sun(7_000_000)))
  }

  // MARK: - Refusals

  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: String
    let apply: @Sendable (inout SigningRequest) throws -> Void

    init(_ name: String, _ code: String, _ apply: @escaping @Sendable (inout SigningRequest) throws -> Void) {
      testDescription = name
      self.code = code
      self.apply = apply
    }
  }

  private static func state(_ mode: SetSigning.Mode = .everything, stake: Sun = .zero) -> SigningState {
    SigningState(mode: mode, hourStartedAt: Samples.now, hourStake: stake)
  }

  private static let limits = SigningLimits()

  static let delegationChanges: [Change] = [
    Change("reclaims only", "paused") { $0.signing = state(.reclaimsOnly) },
    Change("nothing", "paused") { $0.signing = state(.nothing) },
    Change("no seal", "not_sealed") { $0.delegation.seal = nil },
    Change("another's seal", "not_sealed") {
      $0.delegation.seal = try Samples.message(key: SymmetricKey(size: .bits256)).seal
    },
    Change("a reclaim's seal", "not_sealed") {
      $0.delegation.seal = .reclaim(
        order: $0.delegation.id, receiver: $0.delegation.receiver, endsAt: $0.now, key: Samples.orderKey)
    },
    Change("another receiver", "not_sealed") { $0.delegation.receiver = try Samples.address(0xab) },
    Change("another customer", "not_sealed") { $0.delegation.customer = CustomerID(text: "cus_2") },
    Change("more energy", "not_sealed") { $0.delegation.energy = Energy(65_001) },
    Change("longer", "not_sealed") { $0.delegation.durationSeconds += 1 },
    Change("one of our wallets", "receiver") { $0.isReceiverOurs = true },
    Change("the zero address", "receiver") { $0.delegation.receiver = .zero },
    Change("the wallet itself", "receiver") { $0.delegation.receiver = $0.wallet.address },
    Change("a leg larger than its order", "energy_cap") { change($0.leg, &$0, energy: 65_001) },
    Change("a leg of nothing", "energy_cap") { change($0.leg, &$0, energy: 0) },
    Change("less than the chain's least", "stake_cap") { change($0.leg, &$0, stake: 999_999) },
    Change("more sun than a transaction may carry", "stake_cap") {
      change($0.leg, &$0, stake: limits.stakePerTransactionMax.value + 1)
    },
    Change("more sun than an hour may see", "hourly_stake_cap") {
      $0.signing = state(stake: Sun(limits.stakePerHourMax.value + 1))
    },
    Change("another order's leg", "mixed_up") {
      $0.leg = Leg(
        id: "x/1", orderID: OrderID(text: "x"), supplier: $0.leg.supplier, energy: $0.leg.energy, stake: $0.leg.stake,
        state: .planned, isCounted: false)
    },
    Change("another wallet's leg", "mixed_up") {
      $0.leg = Leg(
        id: $0.leg.id, orderID: $0.leg.orderID, supplier: try Samples.address(3), energy: $0.leg.energy,
        stake: $0.leg.stake, state: .planned, isCounted: false)
    },
    Change("a permission that is none", "mixed_up") { $0.wallet.permissionID = 1 },
    Change("a permission beyond all", "mixed_up") { $0.wallet.permissionID = 10 },
    Change("a time that is none", "mixed_up") { $0.headTimeMs = .max },
    Change("a leg that was signed", "not_wanted") { $0.leg.state = .signed },
    Change("a dead leg", "not_wanted") { $0.leg.state = .dead },
    Change("a withdrawn order", "not_wanted") { $0.delegation.isWithdrawn = true },
    Change("a failed order", "not_wanted") { $0.delegation.failure = .deadline },
    Change("an order that fails", "not_wanted") { $0.delegation.state = .failing },
    Change("an order past its deadline", "not_wanted") { $0.now = $0.delegation.deadline },
  ]

  static let reclaimChanges: [Change] = [
    Change("nothing", "paused") { $0.signing = state(.nothing) },
    Change("before the end", "too_early") { $0.headTimeMs = 4_599_999 },
    Change("an end before the time that was paid for", "too_early") {
      $0.delegation.endsAtMs = 4_599_999
      $0.delegation.reclaimSeal = .reclaim(
        order: $0.delegation.id, receiver: $0.delegation.receiver, endsAt: Date(chainMilliseconds: 4_599_999),
        key: Samples.orderKey)
    },
    Change("another end than the sealed one", "not_sealed") { $0.delegation.endsAtMs = 4_600_001 },
    Change("another receiver", "not_sealed") { $0.delegation.receiver = try Samples.address(0xab) },
    Change("a leg that is not final", "not_wanted") { $0.leg.state = .inBlock },
    Change("a leg that is being taken back", "not_wanted") { $0.leg.state = .reclaiming },
    Change("an order that nobody has ended", "not_wanted") { $0.delegation.state = .final },
  ]

  @Test("refuses a delegation with one thing wrong", arguments: delegationChanges)
  func refuses(change: Change) throws {
    var world = try World()
    try change.apply(&world.request)
    let refusal = #expect(throws: SigningRefusal.self) { try world.sign() }
    #expect(refusal?.code == change.code)
  }

  @Test("refuses a reclaim with one thing wrong", arguments: reclaimChanges)
  func refusesReclaim(change: Change) throws {
    var world = try World(.reclaim)
    try change.apply(&world.request)
    let refusal = #expect(throws: SigningRefusal.self) { try world.sign() }
    #expect(refusal?.code == change.code)
  }

  @Test("the kill switch's first step lets reclaims through, and caps never hold one back")
  func reclaimsGoOn() throws {
    var world = try World(.reclaim)
    world.request.signing = Self.state(.reclaimsOnly, stake: Sun(.max))
    world.request.isReceiverOurs = true
    _ = try world.sign()
    world.request.delegation.state = .failing
    world.request.delegation.reclaimSeal = nil
    _ = try world.sign()
  }

  @Test("any number of changes is refused, whichever they are", arguments: 0..<20 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let valid = try World().request
    let signer = try World().signer
    for _ in 0..<100 {
      var request = valid
      let chosen = Self.delegationChanges.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
      for change in chosen { try change.apply(&request) }
      // Two can undo each other only where both write the same field: then nothing is changed at all.
      guard request != valid else { continue }
      let names = chosen.map(\.testDescription).joined(separator: ", ")
      #expect(throws: SigningRefusal.self, "seed \(seed): \(names)") { try signer.sign(request, Self.rules) }
    }
  }

  // MARK: - What is about to be signed

  @Test("bytes that differ in any bit from what was asked for are not signed", arguments: [
    StoredTransaction.Purpose.delegate, .reclaim,
  ])
  func bits(purpose: StoredTransaction.Purpose) throws {
    let request = try World(purpose).request
    let bytes = request.transaction.encoded()
    try Self.rules.check(bytes, for: request)
    // The block reference and the timestamp decide nothing; the expiration may be earlier, never later.
    let raw = try RawTransaction(decodingExactly: bytes)
    for bit in 0..<bytes.count * 8 {
      var altered = bytes
      altered[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        try Self.rules.check(altered, for: request)
      } catch {
        continue
      }
      let other = try RawTransaction(decodingExactly: altered)
      #expect(other.contract == raw.contract && other.permissionID == raw.permissionID, "bit \(bit)")
      #expect(other.expiration <= raw.expiration && other.data.isEmpty && other.feeLimit == 0, "bit \(bit)")
    }
  }

  @Test("a locked delegation, a transfer, a memo, a fee limit, a later expiration are not signed")
  func otherTransactions() throws {
    let request = try World().request
    let (owner, receiver) = (request.wallet.address, request.delegation.receiver)
    var others: [RawTransaction] = []
    func other(_ change: (inout RawTransaction) -> Void) {
      var raw = request.transaction
      change(&raw)
      others.append(raw)
    }
    for (lock, period) in [(true, Int64(0)), (true, 28_800), (false, 28_800)] {
      other {
        $0.contract = .delegateResource(
          owner: owner, receiver: receiver, resource: .energy, balance: request.leg.stake, lock: lock,
          lockPeriod: period)
      }
    }
    other { $0.contract = .transfer(owner: owner, to: receiver, amount: request.leg.stake) }
    other {
      $0.contract = .undelegateResource(
        owner: owner, receiver: receiver, resource: .energy, balance: request.leg.stake)
    }
    other {
      $0.contract = .delegateResource(
        owner: owner, receiver: receiver, resource: .bandwidth, balance: request.leg.stake, lock: false, lockPeriod: 0)
    }
    other { $0.data = [1] }
    other { $0.feeLimit = 1 }
    other { $0.permissionID = 0 }
    other { $0.expiration += 1 }
    other { $0.expiration = request.headTimeMs }
    for raw in others {
      let refusal = #expect(throws: SigningRefusal.self) { try Self.rules.check(raw.encoded(), for: request) }
      #expect(refusal?.code == "other_transaction")
    }
  }

  @Test("nobody else opens a supplier key or signs with one: the rules cannot be passed by")
  func onlyWay() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/TxSvc")
    let files = try #require(FileManager.default.enumerator(at: root.standardized, includingPropertiesForKeys: nil))
    var found: [String: Set<String>] = [:]
    for case let file as URL in files where file.pathExtension == "swift" {
      let source = try String(contentsOf: file, encoding: .utf8)
      for word in ["ring.open(", "key.sign(", "signed(with:", "signer.sign("] where source.contains(word) {
        found[word, default: []].insert(file.lastPathComponent)
      }
    }
    #expect(
      found == [
        // The rotation encrypts what it opens under another key.
        "ring.open(": ["Signer.swift", "ReencryptKeys.swift"], "key.sign(": ["Signer.swift"],
        "signer.sign(": ["PrepareDelegation.swift", "ReclaimLeg.swift"],
      ])
  }

  // MARK: - The hour

  @Test("an hour's sum counts what runs, and begins anew when it is over")
  func hour() {
    var limits = SigningLimits()
    limits.stakePerHourMax = Sun(100)
    let state = Self.state(stake: Sun(60))
    #expect(limits.allows([Sun(40)], in: state, at: Samples.now))
    #expect(!limits.allows([Sun(40), Sun(1)], in: state, at: Samples.now))
    #expect(limits.allows([Sun(100)], in: state, at: Samples.now.addingTimeInterval(3600)))
    #expect(!limits.allows([Sun(.max), Sun(.max)], in: nil, at: Samples.now))
  }

  private static func change(_ leg: Leg, _ request: inout SigningRequest, energy: Int64? = nil, stake: Int64? = nil) {
    request.leg = Leg(
      id: leg.id, orderID: leg.orderID, supplier: leg.supplier, energy: energy.map { Energy($0) } ?? leg.energy,
      stake: stake.map { Sun($0) } ?? leg.stake, state: leg.state, isCounted: leg.isCounted)
  }
}
