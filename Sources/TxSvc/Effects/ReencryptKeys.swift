import BusKit
import Contracts
import Foundation
import TronKit

/// Encrypts every supplier key under one master key, a batch per transaction, while orders go on: a signature needs
/// either token. Run again after a crash it finds what is left.
struct ReencryptKeys: OperatorEffect {
  static let kind = "tx.rotate_keys"
  let command: RotateKeys
  let replyTo: String
  let correlation: String
  var orderKey: String { "rotate keys" }
  var action: OperatorAction { command.action }
  var subject: String { command.keyID }

  static let policy = EffectPolicy(attemptsMax: 10, timeout: .seconds(60), concurrency: 1)
  private static let batch: Int64 = 50
  /// Then the next run goes on.
  private static let batchesMax = 100

  static func run(_ effect: ReencryptKeys, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let keyID = effect.command.keyID
    let ring = world.signer.ring
    let holders = try await KeyHolder.living(context.bus)
    guard ring.ids.contains(keyID) else {
      if holders.contains(where: { $0.masterKeys.contains(keyID) }) {
        return .retry(after: .seconds(2), reason: "another replica has master key \(keyID)")
      }
      return effect.end(
        ok: false, "unknown_key", "no replica has a master key \(keyID): add its line to the file first")
    }
    let lacking = holders.filter { !$0.masterKeys.contains(keyID) }.map(\.process)
    guard lacking.isEmpty else {
      return effect.end(
        ok: false, "replica_lacks_key",
        "\(lacking.joined(separator: ", ")) could not open what is encrypted under \(keyID): add its line there first")
    }
    var (last, moved, failed) = ("", 0, [String]())
    for _ in 0..<batchesMax {
      let wallets = try await effect.left(after: last, context.bus)
      guard let end = wallets.last else { return effect.end(moved, failed) }
      let tokens = try await effect.reencrypt(wallets, ring, context.bus, &failed)
      moved += try await effect.store(tokens, context, world)
      last = end.address.base58
    }
    return .again(after: .milliseconds(100))
  }

  private func left(after address: String, _ bus: Bus) async throws -> [SupplierWallet] {
    let keyID = command.keyID
    return try await bus.read { session in
      try session.execute(
        "select * from supplier_wallets where key_id <> $1 and address > $2 order by address limit $3",
        [.text(keyID), .text(address), .int(Self.batch)]
      ).decoded(SupplierWallet.self)
    }
  }

  private struct Change: Sendable {
    let address: String
    let old: String
    let token: String
  }

  /// Each token is opened again before it replaces the one that works.
  private func reencrypt(
    _ wallets: [SupplierWallet], _ ring: KeyRing, _ bus: Bus, _ failed: inout [String]
  ) async throws -> [Change] {
    let now = try await bus.read { try $0.now() }
    var changes: [Change] = []
    for wallet in wallets {
      let address = wallet.address.base58
      do {
        let key = try ring.open(wallet.encryptedKey, keyID: wallet.keyID)
        let token = try ring.seal(key, at: now, under: command.keyID)
        guard try ring.open(token, keyID: command.keyID).address == key.address else {
          throw InvariantViolation("the new token of \(address) holds another key")
        }
        changes.append(Change(address: address, old: wallet.encryptedKey, token: token))
      } catch {
        bus.logger.error(
          "a supplier key cannot be encrypted anew", metadata: ["wallet": "\(address)", "error": "\(error)"])
        failed.append(address)
      }
    }
    return changes
  }

  /// A wallet whose key was replaced meanwhile keeps the newer one.
  private func store(_ changes: [Change], _ context: EffectContext, _ world: TxEnvironment) async throws -> Int {
    guard !changes.isEmpty else { return 0 }
    let needs = changes.map { Need.row(SupplierWallet.self, $0.address) } + [KeyUse.need(context.bus.process)]
    return try await context.bus.transaction(needs: needs, correlation: context.correlation) { unit in
      try KeyUse.check(command.keyID, in: world.signer.ring)
      var count = 0
      for change in changes {
        guard var wallet = try unit.find(SupplierWallet.self, change.address), wallet.encryptedKey == change.old
        else { continue }
        wallet.encryptedKey = change.token
        wallet.keyID = command.keyID
        try unit.save(wallet)
        count += 1
      }
      return count
    }
  }

  // MARK: - The answer

  private func end(_ moved: Int, _ failed: [String]) -> EffectOutcome {
    let count = "\(moved) supplier keys were encrypted under master key \(command.keyID)"
    guard failed.isEmpty else {
      let names = failed.prefix(20).joined(separator: ", ")
      return end(
        ok: false, "incomplete", "\(count); \(failed.count) cannot be opened and stay as they are: \(names)")
    }
    return end(ok: true, moved == 0 ? "unchanged" : "done", count)
  }
}
