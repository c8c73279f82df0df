/// How the screen that a slot should show gets to the chat.
enum ScreenDelivery: Sendable, Equatable {
  /// It is there already, or a later run has shown a newer one.
  case nothing
  /// What should be shown is what is shown: only note the newer `seq`.
  case unchanged
  case edit(messageID: Int64)
  /// Edit the message of another slot, which loses it.
  case takeOver(messageID: Int64)
  case send

  /// - Parameter adopted: the slot that the screen may take the message of.
  init(_ slot: TelegramScreenRow, adopted: TelegramScreenRow?) {
    guard slot.lastSeq > slot.shownSeq else {
      self = .nothing
      return
    }
    // A text cannot become a photo, and to change a photo's picture is more than sending another.
    let isPicture = slot.screen.qr != nil
    if slot.freshSeq > slot.shownSeq {
      self = .send
    } else if let messageID = slot.messageId {
      self = slot.shownHash == slot.contentHash ? .unchanged : isPicture ? .send : .edit(messageID: messageID)
    } else if !isPicture, slot.adoptsSeq > slot.shownSeq, let messageID = adopted?.messageId {
      self = .takeOver(messageID: messageID)
    } else {
      self = .send
    }
  }
}
