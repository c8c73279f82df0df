import BusKit
import Contracts

/// A text or a pressed button: one step of the conversation.
enum UserInputHandler {
  static func apply(_ input: UserInput, _ unit: UnitOfWork) throws {
    let language = Language(telegramCode: input.languageCode)
    var session = try SessionUnit(unit, input.customer, language: language)
    // Telegram need not say the language: that says nothing against the one that is known.
    if !input.languageCode.isEmpty { try session.follow(language) }
    var dialogue = session.dialogue
    let actions = dialogue.step(Input(input.kind, isLate: unit.cause?.isExpired(at: unit.now) ?? false))
    try session.finish(dialogue, actions)
  }
}
