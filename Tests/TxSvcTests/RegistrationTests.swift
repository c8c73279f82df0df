import BusKit
import Contracts
import Foundation
import HTTPClient
import Testing
import TronKit

@testable import TxSvc

@Suite("tx-svc on the bus")
struct RegistrationTests {
  @Test("reads and writes what the catalogue says, all of it")
  func catalogue() throws {
    let sealing = FileManager.default.temporaryDirectory.appending(path: "sealing-\(UUID().uuidString)").path
    let service = TxService.make(
      TxEnvironment(
        nodes: TronNodePool(nodes: [TronNodeClient(baseURL: "http://127.0.0.1:1", http: HTTPClient())]),
        signer: Signer(ring: try KeyRing(text: FernetTests.key)), sealing: try SealingKeyFile(path: sealing),
        orderKey: Samples.orderKey))
    #expect(MessageCatalog.energy.mistakes(in: service) == [])
  }
}
