import BusKit
import Contracts
import Crypto
import Foundation
import TronKit

/// `ShowScreen` and `NotifyCustomer`: what other services want a chat to show.
enum ScreenHandlers {
  static func register(on service: inout Service) {
    service.handle(
      ShowScreen.self,
      needs: { message in
        [
          .row(TelegramScreenRow.self, TelegramScreenRow.key(message.customer, message.slot)),
          .row(TelegramChatRow.self, message.customer.text),
        ]
      }, apply: show)
    service.handle(NotifyCustomer.self, needs: { [.row(TelegramChatRow.self, $0.customer.text)] }) { message, unit in
      try message.html.check()
      guard try unit.find(TelegramChatRow.self, message.customer.text)?.isReachable == true else { return }
      try unit.start(SendNotice(customer: message.customer, html: message.html))
    }
  }

  /// Keeps the wish; the effect fulfils it. An older screen than the newest known is ignored.
  static func show(_ message: ShowScreen, _ unit: UnitOfWork) throws {
    try ScreenPayload.check(message.screen)
    guard message.seq >= 0 else { throw InvariantViolation("ShowScreen has the seq \(message.seq); it begins at 0") }
    guard try unit.find(TelegramChatRow.self, message.customer.text) != nil else { return }
    let id = TelegramScreenRow.key(message.customer, message.slot)
    guard let row = merged(message, into: try unit.find(TelegramScreenRow.self, id), at: unit.now) else { return }
    try unit.save(row)
    try unit.start(DeliverScreen(customer: message.customer, slot: message.slot))
  }

  /// The slot with the new wish in it; nil when it has seen a newer one.
  static func merged(_ message: ShowScreen, into row: TelegramScreenRow?, at now: Date) -> TelegramScreenRow? {
    if let row, message.seq <= row.lastSeq { return nil }
    var merged =
      row
      ?? TelegramScreenRow(
        id: TelegramScreenRow.key(message.customer, message.slot), customer: message.customer, slot: message.slot,
        messageId: nil, lastSeq: -1, freshSeq: -1, adopts: nil, adoptsSeq: -1, screen: message.screen, contentHash: "",
        shownSeq: -1, shownHash: "", updatedAt: now)
    merged.lastSeq = message.seq
    merged.screen = message.screen
    merged.contentHash = hash(message.screen)
    if message.isFresh { merged.freshSeq = message.seq }
    if let adopts = message.adopts {
      merged.adopts = adopts
      merged.adoptsSeq = message.seq
    }
    merged.updatedAt = now
    return merged
  }

  static func hash(_ screen: Screen) -> String {
    var hasher = SHA256()
    hasher.update(data: Data(screen.html.source.utf8))
    for row in screen.rows {
      hasher.update(data: Data([0]))
      for button in row { hasher.update(data: Data("\u{1}\(button.label)\u{2}\(button.action)".utf8)) }
    }
    if let qr = screen.qr { hasher.update(data: Data("\u{3}\(qr)".utf8)) }
    return Hex.encode(hasher.finalize())
  }
}
