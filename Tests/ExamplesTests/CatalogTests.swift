import BusKit
import Foundation
import Testing

@testable import BusKitExamples

struct CatalogTests {
  @Test func everyServiceHandlesWhatItReadsAndDeclaresWhatItWrites() throws {
    for service in [makeLoans(), makeReminders { _, _ in }, try makeFines()] {
      #expect(libraryCatalog.mistakes(in: service).isEmpty)
    }
  }

  @Test func theDocumentHasEveryTopic() throws {
    let document = try JSONSerialization.jsonObject(with: Data(libraryDocument().utf8)) as? [String: Any]
    let channels = try #require(document?["channels"] as? [String: Any])
    #expect(Set(channels.keys) == ["loans.commands", "loans.events", "loans.queries", "replies"])
  }
}
