import BusKit
import Contracts
import Testing

@testable import MonitorSvc

@Suite("monitor-svc on the bus")
struct RegistrationTests {
  @Test("reads and writes what the catalogue says, all of it")
  func catalogue() {
    let service = MonitorSvcMain.make(MonitorSettings())
    #expect(MessageCatalog.energy.mistakes(in: service) == [])
  }
}
