import Contracts
import TestKit
import TronKit

/// A person in the chat.
struct Person: Sendable {
  struct Confirm: Sendable {
    let message: Int64
    let button: String
    var order: String { String(button.dropFirst("v1:ok:".count)) }
  }

  let id: Int64
  let customer: CustomerID
  let api: API

  func write(_ text: String) async throws { try await api.post("/sim/chats/\(id)/messages", ["text": text]) }

  func press(_ message: Int64, _ button: String) async throws {
    try await api.post("/sim/chats/\(id)/press", ["message_id": message, "data": button])
  }

  /// All that the bot has written, as it reads at the moment.
  func messages() async throws -> [JSON] {
    try await api.get("/sim/chats/\(id)/messages?after_version=0&wait=0")["messages"].list
      .filter { $0["from"].string == "bot" }
  }

  /// The newest message of the bot that fits, as soon as there is one.
  @discardableResult
  func message(
    _ what: String, within limit: Duration = .seconds(20), where fits: (JSON) -> Bool
  ) async throws -> JSON {
    var found: JSON?
    try await eventually(within: limit, "the bot shows \(what)") {
      found = try await messages().last(where: fits)
      return found != nil
    }
    return found ?? .null
  }

  @discardableResult
  func message(saying text: String, within limit: Duration = .seconds(20)) async throws -> JSON {
    try await message("‘\(text)’", within: limit) { $0["text"].string.contains(text) }
  }

  /// Presses a button as soon as a message has it.
  func press(_ button: String) async throws {
    let message = try await message("the button \(button)") { Self.buttons($0).contains(button) }
    try await press(message["message_id"].int, button)
  }

  /// Goes the whole way to the screen before the order: with the button to confirm, or with the reason why there is
  /// none.
  func choose(_ receiver: TronAddress, energy: Int64 = 65_000, seconds: Int64 = 2) async throws {
    try await write("/start")
    try await press("v1:rent")
    if [65_000, 131_000].contains(energy) {
      try await press("v1:e:\(energy)")
    } else {
      try await press("v1:eo")
      try await message("the question for a number") {
        let buttons = Self.buttons($0)
        return buttons.contains("v1:rent") && !buttons.contains("v1:eo")
      }
      try await write("\(energy)")
    }
    try await press("v1:d:\(seconds)")
    try await message("the question for a receiver") { Self.buttons($0).contains("v1:e:\(energy)") }
    try await write(receiver.base58)
  }

  /// As `choose`; returns the button that places the order.
  func prepare(_ receiver: TronAddress) async throws -> Confirm {
    try await choose(receiver)
    let message = try await message("the button to confirm") { Self.confirmButton($0) != nil }
    return Confirm(message: message["message_id"].int, button: Self.confirmButton(message) ?? "")
  }

  static func confirmButton(_ message: JSON) -> String? { buttons(message).first { $0.hasPrefix("v1:ok:") } }

  static func buttons(_ message: JSON) -> [String] {
    message["reply_markup"]["inline_keyboard"].list.flatMap { $0.list.map { $0["callback_data"].string } }
  }
}
