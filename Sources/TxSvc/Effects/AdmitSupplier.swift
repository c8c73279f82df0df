import BusKit
import Contracts
import Foundation
import TronKit

/// Opens a sealed supplier key in memory, checks on chain that it may sign for its wallet, and stores it encrypted.
struct AdmitSupplier: OperatorEffect {
  static let kind = "tx.admit_supplier"
  let command: AddSupplier
  let replyTo: String
  let correlation: String
  var orderKey: String { command.address.base58 }
  var action: OperatorAction { command.action }
  var subject: String { command.address.base58 }

  static let policy = EffectPolicy(attemptsMax: 5, timeout: .seconds(15))

  static func run(_ effect: AdmitSupplier, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let command = effect.command
    let address = command.address
    guard let sealing = world.sealing.privateKey(command.sealedKey.keyID) else {
      return try await effect.lacksSealingKey(context.bus)
    }
    let key: PrivateKey
    do {
      key = try command.sealedKey.open(for: address, with: sealing) { try PrivateKey(copying: $0) }
    } catch {
      // What was inside is not repeated: the error's own text could hold it.
      return effect.refuse(
        "cannot_open_seal", "the sealed key for \(address) cannot be opened, or is not a private key")
    }
    let (figures, account) = try await WalletFigures.read(address, world.nodes)
    if let refusal = SupplierCheck.refusal(
      account, address: address, signer: key.address, permissionID: command.permissionID)
    {
      return effect.refuse(refusal.code, refusal.detail)
    }
    let now = try await context.bus.read { try $0.now() }
    let ring = world.signer.ring
    let token = try ring.seal(key, at: now)
    return effect.admit(
      token, keyID: ring.primaryID, figures, warning: effect.warning(key.address, account?.permissions ?? []),
      process: context.bus.process, world)
  }

  /// A replica that has read its file again may have the key.
  private func lacksSealingKey(_ bus: Bus) async throws -> EffectOutcome {
    let keyID = command.sealedKey.keyID
    if try await KeyHolder.living(bus).contains(where: { $0.sealingKeys.contains(keyID) }) {
      return .retry(after: .seconds(2), reason: "another replica has sealing key \(keyID)")
    }
    return refuse("unknown_sealing_key", "the key was sealed to \(keyID): ask for the sealing key again")
  }

  /// What the key may do beyond lending; nil: nothing. It is taken all the same: the wallet's owner decides.
  private func warning(_ signer: TronAddress, _ permissions: [AccountPermission]) -> String? {
    let scope = KeyScope(
      of: signer, for: command.address, permissions, permissionID: Int32(truncatingIfNeeded: command.permissionID))
    return scope.excess.isEmpty ? nil : String(scope.excess.joined(separator: "; ").prefix(1000))
  }

  /// Stores the key, if the master key that it is encrypted under is still in use.
  func admit(
    _ token: String, keyID: String, _ figures: WalletFigures, warning: String?, process: String, _ world: TxEnvironment
  ) -> EffectOutcome {
    let effect = self
    let address = command.address
    let needs: [Need] = [
      .row(SupplierWallet.self, address.base58), recordNeed,
      .row(ChainRatio.self, ChainRatio.key), .row(BlockCursor.self, BlockCursor.key), KeyUse.need(process),
    ]
    return .done(needs: needs) { unit in
      if try effect.wasAnswered(unit) { return }
      try KeyUse.check(keyID, in: world.signer.ring)
      let known = try unit.find(SupplierWallet.self, address.base58)
      var wallet =
        known
        ?? SupplierWallet(
          address: address, encryptedKey: token, keyID: keyID, permissionID: effect.command.permissionID,
          isEnabled: true,
          delegatable: .zero, reserved: .zero, delegated: .zero, bandwidth: 0, balance: .zero, figuresBlock: 0,
          refreshAt: unit.now, addedAt: unit.now)
      wallet.encryptedKey = token
      wallet.keyID = keyID
      wallet.permissionID = effect.command.permissionID
      wallet.isEnabled = true
      wallet.keyWarning = warning
      // A known wallet's legs may be missing in these figures; its own refresh weighs them.
      if known == nil {
        figures.write(to: &wallet, followed: try unit.find(BlockCursor.self, BlockCursor.key)?.number ?? 0)
      }
      wallet.refreshAt = unit.now
      try unit.save(wallet)
      if let ratio = figures.ratio { try unit.save(ChainRatio(ratio, readAt: unit.now)) }
      let caution = warning.map { "; its key may do more than that: \($0). Give it a restricted permission" } ?? ""
      try effect.conclude(unit, ok: true, "done", "\(address) lends energy from now on\(caution)")
    }
  }
}
