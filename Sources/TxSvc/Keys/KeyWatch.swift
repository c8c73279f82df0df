import BusKit
import Foundation
import Postgres
import TronKit

/// Puts changed key files to use without a restart, and tells the other replicas which keys this process has. What is
/// wrong with a file, or would leave a supplier key that nobody can open, is an alarm and changes nothing.
struct KeyWatch: Sendable {
  static let interval: Duration = .seconds(1)
  /// How often the process tells which keys it has.
  static let telling: Duration = .seconds(5)

  let master: KeyFile<KeyRing>
  let sealing: SealingKeyFile
  let bus: Bus

  func run() async throws {
    var hangups = Hangups.count
    var told: ContinuousClock.Instant?
    while !Task.isCancelled {
      let isForced = Hangups.count != hangups
      hangups = Hangups.count
      let hasChanged = try await refresh(isForced: isForced)
      if hasChanged || told.map({ $0 + Self.telling <= .now }) ?? true {
        try await tell()
        told = .now
      }
      try await Task.sleep(for: Self.interval)
    }
  }

  /// True when other keys are in use now.
  func refresh(isForced: Bool) async throws -> Bool {
    let hasMaster = try await refreshMaster(isForced: isForced)
    let hasSealing = refreshSealing(isForced: isForced)
    return hasMaster || hasSealing
  }

  // MARK: - Reading

  private func refreshMaster(isForced: Bool) async throws -> Bool {
    let changed: (keys: KeyRing, stamp: FileStamp)?
    do {
      changed = try master.changed(isForced: isForced)
    } catch {
      refuse(master, "\(error)")
      return false
    }
    guard let (ring, stamp) = changed else { return false }
    let lost = Self.lost(of: try await KeyUse.counts(bus), from: master.keys, to: ring)
    guard lost.isEmpty else {
      refuse(master, Self.lacking(lost))
      return false
    }
    let before = master.keys
    master.use(ring, stamp)
    if let problem = await problemSince(before, ring) {
      // Supplier keys may have been stored under either meanwhile.
      master.use(ring.adding(before), stamp)
      refuse(master, problem)
      return true
    }
    accepted(master, ring.ids != before.ids, "primary", ring.primaryID)
    return ring.ids != before.ids
  }

  /// A supplier key that was encrypted under a key now gone, and stored since the keys were counted, is lost unless
  /// that key stays. Whoever stores one holds this process' row while it looks at the keys in use (`KeyUse.check`):
  /// once the row is free, everything stored under the keys before can be counted.
  private func problemSince(_ before: KeyRing, _ ring: KeyRing) async -> String? {
    guard before.ids.contains(where: { !ring.ids.contains($0) }) else { return nil }
    do {
      try await bus.transaction(needs: [KeyUse.need(bus.process)]) { _ in }
      let lost = Self.lost(of: try await KeyUse.counts(bus), from: before, to: ring)
      return lost.isEmpty ? nil : Self.lacking(lost)
    } catch {
      return "it lacks keys, and whether supplier keys need them could not be counted: \(error)"
    }
  }

  private static func lacking(_ lost: [String]) -> String {
    "it lacks \(lost.joined(separator: ", ")): put the line back, and rotate before it is taken out"
  }

  private func refreshSealing(isForced: Bool) -> Bool {
    do {
      guard let (keys, stamp) = try sealing.file.changed(isForced: isForced) else { return false }
      let before = sealing.file.keys
      sealing.file.use(keys, stamp)
      accepted(sealing.file, keys.ids != before.ids, "first", keys.ids[0])
      return keys.ids != before.ids
    } catch {
      refuse(sealing.file, "\(error)")
      return false
    }
  }

  /// Keys that this process would no longer have, and that supplier keys are still encrypted under.
  static func lost(of uses: [String: Int], from before: KeyRing, to after: KeyRing) -> [String] {
    before.ids.filter { !after.ids.contains($0) }.compactMap { keyID in
      uses[keyID].map { "master key \(keyID), under which \($0) supplier keys are encrypted" }
    }
  }

  private func refuse<Keys>(_ file: KeyFile<Keys>, _ problem: String) {
    bus.metrics.gauge("energy_tx_key_file_refused", labels: [("file", file.name)]).set(1)
    guard file.refuse(problem) else { return }
    bus.logger.error(
      "a key file is not put to use; the keys read before stay", metadata: ["file": "\(file.name)", "why": "\(problem)"]
    )
  }

  private func accepted<Keys>(_ file: KeyFile<Keys>, _ isNews: Bool, _ role: String, _ keyID: String) {
    bus.metrics.gauge("energy_tx_key_file_refused", labels: [("file", file.name)]).set(0)
    guard isNews else { return }
    bus.logger.notice("a key file was read again", metadata: ["file": "\(file.name)", "\(role)": "\(keyID)"])
  }

  // MARK: - Telling

  /// Writes this process' row and forgets those of processes that are gone.
  private func tell() async throws {
    let ring = master.keys
    let sealingIDs = sealing.file.keys.ids
    let (process, problem) = (bus.process, master.problem ?? sealing.file.problem)
    try await bus.transaction(needs: [.all(KeyHolder.self)]) { unit in
      for holder in try unit.all(KeyHolder.self) where holder.isGone(at: unit.now) && holder.process != process {
        try unit.delete(KeyHolder.self, holder.process)
      }
      try unit.save(
        KeyHolder(
          process: process, masterKeys: ring.ids, sealingKeys: sealingIDs, problem: problem, seenAt: unit.now))
    }
    let uses = try await KeyUse.counts(bus)
    let unopened = uses.filter { !ring.ids.contains($0.key) }.values.reduce(0, +)
    bus.metrics.gauge("energy_tx_supplier_keys_unopened").set(Double(unopened))
    bus.metrics.gauge("energy_tx_secret_bytes_unlocked").set(Double(SecretMemory.report.unlockedBytes))
  }
}

/// Which master keys the stored supplier keys need.
enum KeyUse {
  /// What a unit that stores an encrypted supplier key needs to check its master key.
  static func need(_ process: String) -> Need { .row(KeyHolder.self, process) }

  /// In the unit that stores a supplier key: the key it was encrypted under is still this process'.
  /// - Throws: `TransientFailure` when it was taken out meanwhile: what is encrypted again is encrypted under another.
  static func check(_ keyID: String, in ring: KeyRing) throws {
    guard ring.ids.contains(keyID) else {
      throw TransientFailure("master key \(keyID) was taken out while a supplier key was encrypted under it")
    }
  }

  /// Supplier keys by the id of the master key that they are encrypted under.
  static func counts(_ bus: Bus) async throws -> [String: Int] {
    try await bus.read { session in
      let rows = try session.execute("select key_id, count(*) as count from supplier_wallets group by key_id").rows
      return Dictionary(try rows.map { (try $0.string("key_id"), Int(try $0.int("count"))) }) { first, _ in first }
    }
  }
}
