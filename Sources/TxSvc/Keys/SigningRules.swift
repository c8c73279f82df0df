import Contracts
import Crypto
import Foundation
import TronKit

/// What the signer looks at before it touches a key (I13). Pure, and the last word: no caller can pass it by.
struct SigningRules: Sendable {
  let limits: SigningLimits
  let orderKey: SymmetricKey

  func check(_ request: SigningRequest) throws(SigningRefusal) {
    let mode = request.signing?.mode ?? .everything
    guard mode.allows(request.purpose) else { throw .paused(mode) }
    try checkRows(request)
    switch request.purpose {
    case .delegate: try checkDelegation(request)
    case .reclaim: try checkReclaim(request)
    }
  }

  /// Reads what is about to be signed and holds it against the request, field by field.
  func check(_ bytes: [UInt8], for request: SigningRequest) throws(SigningRefusal) {
    let raw: RawTransaction
    do throws(TransactionError) {
      raw = try RawTransaction(decodingExactly: bytes)
    } catch {
      throw .otherTransaction(error.description)
    }
    guard raw.data.isEmpty, raw.feeLimit == 0 else { throw .otherTransaction("it has a memo or a fee limit") }
    guard raw.permissionID == request.wallet.permissionID else { throw .otherTransaction("another permission") }
    guard raw.expiration > request.headTimeMs, raw.expiration <= request.headTimeMs + Signer.lifetimeMs else {
      throw .otherTransaction("it expires at \(raw.expiration)")
    }
    switch (request.purpose, raw.contract) {
    case (.delegate, .delegateResource(let owner, let receiver, let resource, let balance, let lock, let period)):
      guard !lock, period == 0 else { throw .otherTransaction("it is locked") }
      try checkFields(owner, receiver, resource, balance, request)
    case (.reclaim, .undelegateResource(let owner, let receiver, let resource, let balance)):
      try checkFields(owner, receiver, resource, balance, request)
    default: throw .otherTransaction("it is a \(raw.contract.name)")
    }
  }

  private func checkFields(
    _ owner: TronAddress, _ receiver: TronAddress, _ resource: ResourceCode, _ balance: Sun, _ request: SigningRequest
  ) throws(SigningRefusal) {
    guard owner == request.wallet.address else { throw .otherTransaction("the owner is \(owner)") }
    guard receiver == request.delegation.receiver else { throw .otherTransaction("the receiver is \(receiver)") }
    guard resource == .energy else { throw .otherTransaction("the resource is \(resource.name)") }
    guard balance == request.leg.stake else { throw .otherTransaction("the balance is \(balance)") }
  }

  // MARK: - The request

  private func checkRows(_ request: SigningRequest) throws(SigningRefusal) {
    let (delegation, leg, wallet) = (request.delegation, request.leg, request.wallet)
    guard leg.orderID == delegation.id else {
      throw .mixedUp("leg \(leg.id) is of order \(leg.orderID), not \(delegation.id)")
    }
    guard leg.supplier == wallet.address else {
      throw .mixedUp("leg \(leg.id) is of wallet \(leg.supplier), not \(wallet.address)")
    }
    guard wallet.permissionID == 0 || (2...9).contains(wallet.permissionID) else {
      throw .mixedUp("wallet \(wallet.address) has the permission \(wallet.permissionID)")
    }
    // What comes later adds to it.
    guard (1..<1 << 53).contains(request.headTimeMs) else {
      throw .mixedUp("the head block's time is \(request.headTimeMs)")
    }
    guard leg.stake >= LegPlanner.stakeMin else { throw .stakeCap }
    guard leg.energy > .zero, leg.energy <= delegation.energy else { throw .energyCap }
    guard !delegation.receiver.isZero, delegation.receiver != wallet.address else { throw .receiver }
  }

  private func checkDelegation(_ request: SigningRequest) throws(SigningRefusal) {
    let (delegation, leg) = (request.delegation, request.leg)
    let seal = OrderSeal.delegate(
      order: delegation.id, customer: delegation.customer, receiver: delegation.receiver, energy: delegation.energy,
      durationSeconds: delegation.durationSeconds, key: orderKey)
    guard delegation.seal == seal else { throw .notSealed }
    guard leg.state == .planned else { throw .notWanted("leg \(leg.id) is \(leg.state.rawValue), not planned") }
    guard delegation.state == .planned || delegation.state == .submitted || delegation.state == .confirmed else {
      throw .notWanted("order \(delegation.id) is \(delegation.state.rawValue)")
    }
    guard !delegation.isWithdrawn, delegation.failure == nil else {
      throw .notWanted("order \(delegation.id) was withdrawn or fails")
    }
    guard request.now < delegation.deadline else { throw .notWanted("order \(delegation.id) is past its deadline") }
    guard !request.isReceiverOurs else { throw .receiver }
    guard leg.energy <= limits.energyPerOrderMax, delegation.energy <= limits.energyPerOrderMax else {
      throw .energyCap
    }
    guard leg.stake <= limits.stakePerTransactionMax else { throw .stakeCap }
    // The leg's own stake is in the sum since the order was taken.
    guard limits.allows([], in: request.signing, at: request.now) else { throw .hourlyStakeCap }
  }

  /// A reclaim brings stake home: no cap holds it back. It must not come before its time (I12).
  private func checkReclaim(_ request: SigningRequest) throws(SigningRefusal) {
    let (delegation, leg) = (request.delegation, request.leg)
    guard leg.state == .solid else { throw .notWanted("leg \(leg.id) is \(leg.state.rawValue), not solid") }
    switch ReclaimTime.judge(delegation, headTimeMs: request.headTimeMs) {
    case .notAsked: throw .notWanted("nobody asked to take order \(delegation.id) back")
    case .early: throw .tooEarly
    case .due: break
    }
    // What could not be delivered whole is taken back without being asked for.
    guard delegation.state == .reclaiming, let endsAtMs = delegation.endsAtMs else { return }
    guard let startedAtMs = delegation.startedAtMs,
      Int128(endsAtMs) >= Int128(startedAtMs) + Int128(delegation.durationSeconds) * 1000
    else { throw .tooEarly }
    // nil: the end was asked for before seals were kept; its time was checked here all the same.
    guard let seal = delegation.reclaimSeal else { return }
    let expected = OrderSeal.reclaim(
      order: delegation.id, receiver: delegation.receiver, endsAt: Date(chainMilliseconds: endsAtMs), key: orderKey)
    guard seal == expected else { throw .notSealed }
  }
}

extension SigningLimits {
  /// Whether these stakes may still be signed away within the running hour.
  func allows(_ stakes: [Sun], in signing: SigningState?, at now: Date) -> Bool {
    var state = signing ?? SigningState(hourStartedAt: now)
    state.roll(to: now)
    // 128 bits: neither the rows nor their sum can overflow it.
    let sum = stakes.reduce(Int128(state.hourStake.value)) { $0 + Int128($1.value) }
    return sum <= Int128(stakePerHourMax.value)
  }
}
