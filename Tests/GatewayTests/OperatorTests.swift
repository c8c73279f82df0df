import BusKit
import Contracts
import Foundation
import Testing

@testable import Gateway

@Suite struct OperatorTests {
  private func command(client: String = "cli_1", key: String = "k1", hash: UInt8 = 7, length: Int = 32) -> CreateClient
  {
    CreateClient(
      client: ClientID(text: client), customer: Samples.customer, name: "demo",
      secretHash: Data(repeating: hash, count: length), action: OperatorAction(actor: "ann", reason: "new", key: key))
  }

  private func row(_ command: CreateClient) -> APIClientRow {
    APIClientRow(
      id: command.client.text, customer: command.customer, name: command.name, secretHash: command.secretHash,
      actionKey: command.action.key, createdAt: Samples.now)
  }

  @Test func `A client is created once, and the repetition gets the same answer`() {
    let first = OperatorHandlers.decide(command(), byKey: nil, byID: nil)
    let second = OperatorHandlers.decide(command(), byKey: row(command()), byID: row(command()))
    #expect(first.ok)
    #expect([first.code, first.detail] == [second.code, second.detail])
    #expect(second.ok)
  }

  @Test func `A key that made another client is refused`() {
    let result = OperatorHandlers.decide(command(client: "cli_2"), byKey: row(command()), byID: nil)
    #expect(result.code == "key_conflict")
  }

  @Test func `The same key with another secret is refused`() {
    let result = OperatorHandlers.decide(command(hash: 8), byKey: row(command()), byID: row(command()))
    #expect(result.code == "key_conflict")
  }

  @Test func `An existing client is not replaced`() {
    #expect(OperatorHandlers.decide(command(key: "k2"), byKey: nil, byID: row(command())).code == "client_exists")
  }

  @Test func `A hash that is no SHA-256 is refused`() {
    #expect(OperatorHandlers.decide(command(length: 31), byKey: nil, byID: nil).code == "invalid")
  }
}
