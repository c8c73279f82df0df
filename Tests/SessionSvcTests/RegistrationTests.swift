import BusKit
import Contracts
import Testing

@testable import SessionSvc

@Suite("session-svc on the bus")
struct RegistrationTests {
  @Test("reads and writes what the catalogue says, all of it")
  func catalogue() {
    let service = SessionSvcMain.make(SessionSettings())
    #expect(MessageCatalog.energy.mistakes(in: service) == [])
  }
}
