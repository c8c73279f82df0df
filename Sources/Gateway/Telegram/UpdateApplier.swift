import BusKit
import Contracts
import Crypto
import Foundation
import Logging
import Postgres

/// Applies the journal's updates: each is one unit, recognised by `update_id`, so that an update counts once however
/// often the journal or Telegram brings it. Those of one person come in their order, those of different people beside
/// each other, and share transactions.
struct UpdateApplier: Sendable {
  /// A press older than this is not acted on: the person has stopped waiting, prices may have moved.
  static let pressAgeMax: TimeInterval = 30
  /// Failures of one update, with Postgres answering, before it is set aside.
  static let attemptsMax = 8
  /// So many are taken together from the journal, and so many of them are applied at once.
  static let takenMax = 256
  static let atOnce = 64

  let journal: UpdateJournal
  let installationSecret: SymmetricKey

  func run(_ bus: Bus) async throws {
    try await applyAll(bus)
    for await _ in journal.arrivals { try await applyAll(bus) }
  }

  private func applyAll(_ bus: Bus) async throws {
    while true {
      let entries = journal.oldest(Self.takenMax)
      guard !entries.isEmpty else { return }
      try await applyTogether(entries, bus)
      // After a crash in between, those that were applied are recognised.
      try await journal.finish(entries.count)
    }
  }

  private func applyTogether(_ entries: [JournalEntry], _ bus: Bus) async throws {
    // What names nobody is nobody's turn.
    let people = Dictionary(grouping: entries) { TelegramUpdate($0.update)?.person?.userID }
    try await withThrowingTaskGroup(of: Void.self) { group in
      var waiting = people.values[...]
      for _ in 0..<Self.atOnce { start(waiting.popFirst(), &group, bus) }
      while try await group.next() != nil { start(waiting.popFirst(), &group, bus) }
    }
  }

  private func start(_ turn: [JournalEntry]?, _ group: inout ThrowingTaskGroup<Void, any Error>, _ bus: Bus) {
    guard let turn else { return }
    group.addTask {
      for entry in turn { try await applyUntilDone(entry, bus) }
    }
  }

  private func applyUntilDone(_ entry: JournalEntry, _ bus: Bus) async throws {
    guard let update = TelegramUpdate(entry.update) else { return }
    let backoff = Backoff(first: .milliseconds(100), most: .seconds(2))
    var failures = 0
    var run = 0
    while true {
      do {
        return try await apply(update, entry, bus)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        run += 1
        // While Postgres is away an update waits; that is not its fault.
        let isAway = (error as? PostgresError)?.isConnectionLoss == true || bus.postgresDownFor != nil
        if !isAway { failures += 1 }
        bus.logger.warning(
          "an update of Telegram waits", metadata: ["update": "\(update.id)", "run": "\(run)", "error": "\(error)"])
        guard failures < Self.attemptsMax else {
          bus.metrics.counter("energy_gateway_updates_set_aside_total", labels: []).increment(by: 1)
          bus.logger.error(
            "an update of Telegram is set aside", metadata: ["update": "\(update.id)", "error": "\(error)"])
          return try await journal.setAside(entry)
        }
        try await Task.sleep(for: backoff.delay(attempt: run, random: .random(in: 0..<1)))
      }
    }
  }

  func apply(_ update: TelegramUpdate, _ entry: JournalEntry, _ bus: Bus) async throws {
    guard let person = update.person else { return }
    let customer = CustomerID.telegram(userID: person.userID, installationSecret: installationSecret)
    let updateID = String(update.id)
    let needs = [Need.row(TelegramUpdateRow.self, updateID), .row(TelegramChatRow.self, customer.text)]
    try await bus.groupedTransaction("updates", needs: needs, correlation: "telegram-\(updateID)") { unit in
      guard try unit.find(TelegramUpdateRow.self, updateID) == nil else { return }
      try unit.save(TelegramUpdateRow(id: updateID, receivedAt: unit.now))
      let known = try unit.find(TelegramChatRow.self, customer.text)
      let chat = Self.chat(known, customer, person, update.kind, unit.now)
      try unit.save(chat)
      if known?.isReachable == false, chat.isReachable { try unit.start(ShowMissed(customer: customer)) }
      guard !entry.isRefused else { return }
      try Self.act(on: update.kind, of: chat, customer, pressAge: Date().timeIntervalSince(entry.receivedAt), unit)
    }
  }

  /// What an update sets in motion. The chat knows the language of a person whose update does not say it.
  private static func act(
    on kind: TelegramUpdate.Kind, of chat: TelegramChatRow, _ customer: CustomerID, pressAge: TimeInterval,
    _ unit: UnitOfWork
  ) throws {
    switch kind {
    case .text(_, let text):
      try unit.publish(input(.text(text), customer, chat))
    case .press(_, let callbackID, let data):
      if pressAge > pressAgeMax {
        let texts = BotTexts.of(languageCode: chat.languageCode)
        try unit.start(AnswerCallback(callbackID: callbackID, toast: texts.busy))
        try unit.start(SendNotice(customer: customer, html: texts.tooLate))
      } else {
        try unit.start(AnswerCallback(callbackID: callbackID, toast: nil))
        // session-svc acts on no Confirm that comes later than this.
        try unit.publish(
          input(.button(data: data), customer, chat), timeToLive: .milliseconds(Int64(pressAgeMax * 1000)))
      }
    case .membership, .other:
      break
    }
  }

  private static func input(
    _ kind: UserInput.Kind, _ customer: CustomerID, _ chat: TelegramChatRow
  ) -> UserInput {
    UserInput(customer: customer, kind: kind, languageCode: chat.languageCode)
  }

  /// Anything a person does shows that the bot can reach them; only a membership update can say the opposite.
  static func chat(
    _ known: TelegramChatRow?, _ customer: CustomerID, _ person: TelegramUpdate.Person, _ kind: TelegramUpdate.Kind,
    _ now: Date
  ) -> TelegramChatRow {
    let isReachable = if case .membership(_, let isMember) = kind { isMember } else { true }
    return TelegramChatRow(
      id: customer.text, userId: person.userID, chatId: person.chatID,
      languageCode: person.languageCode.isEmpty ? known?.languageCode ?? "" : person.languageCode,
      isReachable: isReachable, updatedAt: now)
  }
}
