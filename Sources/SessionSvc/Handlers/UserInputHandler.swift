import BusKit
import Contracts

/// A text or a pressed button: one step of the conversation.
enum UserInputHandler {
  static func apply(_ input: UserInput, _ unit: UnitOfWork) throws {
    let language = Language(telegramCode: input.languageCode)
    var session = try SessionUnit(unit, input.customer, language: language)
    if !session.profile.isLanguageChosen { session.profile.language = language }
    var dialogue = session.dialogue
    let actions = dialogue.step(Input(input.kind, isLate: unit.cause?.isExpired(at: unit.now) ?? false))
    try session.finish(dialogue, actions)
  }
}
