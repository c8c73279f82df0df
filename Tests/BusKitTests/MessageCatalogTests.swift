import Testing

@testable import BusKit

struct MessageCatalogTests {
  private static let catalog = MessageCatalog(
    messages: [Add.self, Added.self, GetTotal.self], writers: [.init(Added.topic, ["counter"])])

  private static func counter() -> Service {
    var service = World.counter()
    service.answer(GetTotal.self) { _, _ in 1 }
    return service
  }

  @Test func aServiceThatAgreesHasNoMistakes() {
    #expect(Self.catalog.mistakes(in: Self.counter()) == [])
  }

  @Test func whatAServiceForgotOrShouldNotHandleIsNamed() {
    var service = Service(name: "counter", schema: "counter", migrations: [])
    service.handle(Added.self) { _, _ in }
    service.publishes([Add.topic])
    #expect(
      Self.catalog.mistakes(in: service) == [
        "counter reads the topic of test.Add but has no handler",
        "counter reads the topic of test.GetTotal but has no handler",
        "counter handles test.Added, which is not for it to read",
        "counter writes test.events and does not say so in publishes",
        "counter publishes to test.commands and is not among its writers",
      ])
  }

  @Test func aDocumentNamesWhoSendsReceivesAndAnswers() throws {
    let document = try AsyncAPIDocument(Self.catalog, title: "t", version: "1", description: "d")
    guard case .object(let parts) = document.json, case .object(let operations)? = parts["operations"] else {
      Issue.record("no operations")
      return
    }
    #expect(
      operations.keys.sorted() == [
        "audit.receive.test.events", "counter.answer.test.GetTotal", "counter.receive.test.commands",
        "counter.send.test.events",
      ])
  }
}
