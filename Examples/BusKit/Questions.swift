import BusKit
import Foundation

/// A question: it changes nothing, has a deadline, and is dropped when nobody waits for its answer any more.
struct WhoHas: Query {
  static let messageType = "loans.WhoHas"
  static let topic = LibraryTopic.queries
  typealias Reply = LoanView
  typealias Failure = LookupFailure
  let book: String
  var messageKey: String { book }
}

struct LoanView: Codable, Sendable, Equatable {
  let reader: String?
  let due: Date?
}

/// Reaches the asker as the same value.
enum LookupFailure: String, Error, Codable, CaseIterable {
  case unknownBook
}

func answerQuestions(_ service: inout Service) {
  service.answer(WhoHas.self) { question, bus in
    try await bus.transaction(needs: [.row(Book.self, question.book)]) { unit in
      guard let book = try unit.find(Book.self, question.book) else { throw LookupFailure.unknownBook }
      return LoanView(reader: book.reader, due: book.due)
    }
  }
}

/// Asks from a program that is no service. Nobody waits for ever.
func reader(of book: String, over client: BusClient) async throws -> String {
  do {
    return try await client.ask(WhoHas(book: book), within: .seconds(2)).reader ?? "nobody"
  } catch LookupFailure.unknownBook {
    return "there is no such book"
  } catch let failure as QueryFailure where failure.code == "timeout" {
    return "the library does not answer"
  }
}
