import BusKit
import Contracts
import TronKit

enum WatchHandlers {
  static func needs(_ command: WatchAddresses) -> [Need] {
    [.row(ScanCursor.self, ScanCursor.key)]
      + command.addresses.prefix(WatchAddresses.addressesMax).map { .row(WatchedAddress.self, $0.base58) }
  }

  /// From the block after the last one that was looked through: whoever looks through the next one waits for this
  /// transaction, because both hold the scan's row.
  static func watch(_ command: WatchAddresses, _ unit: UnitOfWork) throws {
    let count = command.addresses.count
    guard (1...WatchAddresses.addressesMax).contains(count) else {
      throw PermanentFailure(
        "WatchAddresses names \(count) addresses: give 1 to \(WatchAddresses.addressesMax), in several commands")
    }
    guard var scan = try unit.find(ScanCursor.self, ScanCursor.key) else {
      throw TransientFailure("the chain is not followed yet")
    }
    guard scan.watched + Int64(count) <= WatchedAddress.countMax else {
      throw PermanentFailure("\(scan.watched) addresses are watched: the most is \(WatchedAddress.countMax)")
    }
    var fromBlock: Int64 = 0
    for address in command.addresses {
      if let known = try unit.find(WatchedAddress.self, address.base58) {
        fromBlock = max(fromBlock, known.fromBlock)
        continue
      }
      fromBlock = scan.number + 1
      scan.watched += 1
      try unit.save(WatchedAddress(address: address, fromBlock: fromBlock, seq: 0, addedAt: unit.now))
    }
    scan.seq += 1
    try unit.save(scan)
    try unit.publish(AddressesWatched(addresses: command.addresses, fromBlock: fromBlock, seq: scan.seq))
  }

  // MARK: - RescanBlocks

  static func needs(_ command: RescanBlocks) -> [Need] {
    [
      .row(OperatorRecord.self, command.action.key), .row(ScanCursor.self, ScanCursor.key),
      .row(ChainTask.self, command.action.key),
    ]
  }

  static func rescan(_ command: RescanBlocks, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    let subject = "blocks \(command.from) to \(command.to)"
    if let earlier = try OperatorWork.earlier(
      command.action, command: RescanBlocks.messageType, subject: subject, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    let scanned = try unit.find(ScanCursor.self, ScanCursor.key)?.number
    let refusal = refusal(command, scanned: scanned)
    if refusal == nil {
      try unit.save(
        ChainTask(id: command.action.key, kind: .rescan, blocks: command.from...command.to, now: unit.now))
      try unit.start(ChainTaskStep(task: command.action.key))
    }
    let record = OperatorRecord(
      id: command.action.key, command: RescanBlocks.messageType, subject: subject, ok: refusal == nil,
      code: refusal?.code ?? "accepted", detail: refusal?.detail ?? "\(subject) are being read again", at: unit.now)
    try OperatorWork.conclude(record, action: command.action, replyTo: replyTo, correlation: correlation, unit)
  }

  private static func refusal(_ command: RescanBlocks, scanned: Int64?) -> (code: String, detail: String)? {
    guard let scanned else { return ("not_followed", "the chain is not followed yet") }
    guard command.from >= 0, command.from <= command.to else {
      return ("bad_range", "blocks \(command.from) to \(command.to) are no range: give the lower number first")
    }
    guard command.to - command.from < RescanBlocks.blocksMax else {
      return (
        "too_many", "\(command.to - command.from + 1) blocks: give at most \(RescanBlocks.blocksMax) at once"
      )
    }
    guard command.to <= scanned else {
      return ("not_solid", "block \(command.to) was not looked through yet: the last one is \(scanned)")
    }
    return nil
  }
}
